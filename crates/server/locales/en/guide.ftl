# The guide for newcomers.
nav-guide = Guide
nav-guide-hint = Follow one tube through its four hand-offs, in two minutes.
tour-link = New here? Follow one tube in two minutes
tour-title = Follow one tube
tour-lead = Collect, deliver, test, report: four hand-offs, and at every moment one holder answers for the tube. Two minutes.
tour-example = This is a drawn example
tour-example-hint = A city that has a round shows its own tubes on the boards. To walk through a made-up city, start the program with --demo.
tour-example-summary = A tube of ten persons on an ordinary morning.
tour-example-site = a sampling site
tour-example-courier = a courier
tour-example-lab = a laboratory
tour-tube = Tube
tour-look-at = What to look at:
tour-collect-said = { $n ->
    [one] One person was swabbed at the site; the sampler entered the person, put the swab in and sealed the tube.
   *[other] { $n } persons were swabbed at the site, one after the other into this tube; the sampler entered each, and sealed it.
 }
tour-collect-look = the history begins with the sealing, and names who holds the tube from then on and until when it must be on its way. The members are masked; who opens them says what for.
tour-deliver-said = The tube went into box { $box }; the courier took the box, signed for it, and gave it to the laboratory. One scan moved every tube in it.
tour-deliver-look = the tube has no lines of its own for the journey: it went where its box went. Giver and taker each record the hand-over; if they do not agree, it shows.
tour-test-said = The laboratory opened the box, counted what was in it, and loaded the tube on plate { $plate }, well { $well }.
tour-test-look = what the box said and what was found in it are compared: a tube that is missing, or one too many, is on a list at once. The reading follows from the Ct values and the protocol in force.
tour-report-said = { $n ->
    [one] One person has the result, { $time } after the tube was sealed.
   *[other] { $n } persons have their result, { $time } after the tube was sealed.
 }
tour-report-look = the household sees its own results only, where a sample is now, and how long a result is valid.
tour-as-sampler = See the tube as the sampler
tour-as-commander = See the round as the commander
tour-as-commander-box = See the box
tour-as-courier = Open the field app as the courier
tour-as-laboratory = See the result as the laboratory
tour-as-resident = See the result as the household
tour-idea = Nothing and nobody goes missing
tour-idea-text = What is late, missing or contradictory is on a list with whoever answers for it, and persons of a round without a swab are a list, too. Every number opens its rows.
tour-blind = Who has no swab yet (grid worker)
tour-late = What is late (commander)
tour-balance = Does it add up? (auditor)
tour-next = When you begin in earnest
tour-next-accounts = The administrator makes accounts: a role, in areas, for a holder.
tour-next-import = The district desk imports places, then people: Imports, in the navigation.
tour-next-round = The commander plans a round. The plan says before it begins whether samplers, couriers and laboratories can meet the window.
