"""Letters to people, authorities and controllers, in Dutch, French and English: as PDF, as text, as page.

Owns their facts, their words and their look.  Stores nothing and sends nothing: the caller keeps what `render` gives.
Knows no case, no database and no clock; every fact is handed in.

    from cctv import letters

    letter = letters.Letter(
        language=request.language,
        reference=request.id,
        date=today,                                   # in the site's time zone
        sender=letters.sender_of(settings),           # raises SenderUnknown: [controller] is not complete
        addressee=letters.Addressee("An Peeters", ("Kerkstraat 1", "8400 Oostende")),
        facts=letters.NoFootage(
            asked=letters.Asked(request.type, received, request.cameras, request.span),
            processing=letters.processing_of(settings, request.cameras, language, processors, recipients=()),
            absences=(letters.Absence(camera, span, letters.AbsenceCause.EXPIRED),),
            statement=letters.Statement(...),
        ),
    )
    made = letters.render(letter, letters.templates_of(settings))    # made.pdf, made.text, made.html

The class of `facts` decides the kind (`Kind`); its fields are what such a letter must know.  A field that is empty
stops the letter (`FactMissing` names it), unless it is `Known`: then "none" and "not known" are said.  Texts that a
person types (`explanation`, `grounds`, ...) are in the letter's language.  `text_of` checks and gives the text without
setting a PDF, for `--dry-run`.  Equal letters give equal bytes.

Another address line than the postal one is fine: `lines=("an@example.org",)`.  For a minor or a proxy, `Addressee` has
`capacity`, `on_behalf_of` and `mandate`.
"""
