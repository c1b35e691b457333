"""Letters to people, authorities and controllers, in Dutch, French and English: as PDF, as text and as HTML page.

Responsible for the facts, the wording and the layout of each letter.  Stores nothing and sends nothing: the caller
keeps what `render.render` returns.  Knows no case, no database and no clock; every fact is an argument.

    letter = Letter(
        language=request.language,
        reference=request.id,
        date=today,                                   # in the site's time zone
        sender=sender_of(settings),                   # raises SenderUnknown: [controller] is not complete
        addressee=Addressee("An Peeters", ("Kerkstraat 1", "8400 Oostende")),
        facts=NoFootageLetter(
            asked=Asked(request.type, received, request.cameras, request.span),
            processing=processing_of(settings, request.cameras, language, processors, recipients=()),
            absences=(Absence(camera, span, AbsenceCause.EXPIRED),),
            statement=StatementFacts(...),
        ),
    )
    rendered = render(letter, templates_of(settings))    # rendered.pdf, rendered.text, rendered.html

The class of `facts` decides the kind (`LetterTemplate`); its fields are the facts that such a letter needs.  An empty
field stops the letter (`FactMissing` names it), unless it is `MayBeEmpty`: the letter then states "none" or "not
known".  Texts that a person types (`explanation`, `grounds`, ...) are in the letter's language.  `text_of` checks the
letter and returns its text without setting a PDF, for `--dry-run`.  Equal letters give equal bytes.

`lines` of an addressee may hold one e-mail address instead of a postal one.  For a minor or a proxy, `Addressee` has
`capacity`, `on_behalf_of` and `mandate`.
"""
