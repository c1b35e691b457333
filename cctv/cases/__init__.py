"""Cases: incidents, access requests, disclosures and compliance records, with their holds, deadlines and letters."""
