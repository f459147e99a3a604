# The guide for newcomers.
nav-guide = Guide
nav-guide-hint = Follow one tube through its four hand-offs, in two minutes.
guide-link = New here? Follow one tube in two minutes
guide-title = Follow one tube
guide-lead = Collect, deliver, test, report: four hand-offs, and at every moment one holder answers for the tube. Two minutes.
guide-example = This is a drawn example
guide-example-hint = A city that has a round shows its own tubes on the boards. To walk through a made-up city, start the program with --demo.
guide-example-summary = A tube of ten persons on an ordinary morning.
guide-example-site = a sampling site
guide-example-courier = a courier
guide-example-lab = a laboratory
guide-tube = Tube
guide-look-at = What to look at:
guide-collect-said = { $n ->
    [one] One person was swabbed at the site; the sampler entered the person, put the swab in and sealed the tube.
   *[other] { $n } persons were swabbed at the site, one after the other into this tube; the sampler entered each, and sealed it.
 }
guide-collect-look = the history begins with the sealing, and names who holds the tube from then on and until when it must be on its way. The members are masked; who opens them says what for.
guide-deliver-said = The tube went into box { $box }; the courier took the box, signed for it, and gave it to the laboratory. One scan moved every tube in it.
guide-deliver-look = the tube has no lines of its own for the journey: it went where its box went. Giver and taker each record the hand-over; if they do not agree, it shows.
guide-test-said = The laboratory opened the box, counted what was in it, and loaded the tube on plate { $plate }, well { $well }.
guide-test-look = what the box said and what was found in it are compared: a tube that is missing, or one too many, is on a list at once. The reading follows from the Ct values and the protocol in force.
guide-report-said = { $n ->
    [one] One person has the result, { $time } (hours and minutes) after the tube was sealed.
   *[other] { $n } persons have their result, { $time } (hours and minutes) after the tube was sealed.
 }
guide-report-look = the household sees its own results only, where a sample is now, and how long a result is valid.
guide-as-sampler = See the tube as the sampler
guide-as-commander = See the round as the commander
guide-as-commander-box = See the box
guide-as-courier = Open the field app as the courier
guide-as-laboratory = See the result as the laboratory
guide-as-resident = See the result as the household
guide-idea = Nothing and nobody goes missing
guide-idea-text = What is late, missing or contradictory is on a list with whoever answers for it, and persons of a round without a swab are a list, too. Every number opens its rows.
guide-blind = Who has no swab yet (grid worker)
guide-late = What is late (commander)
guide-balance = Does it add up? (auditor)
guide-next = When you begin in earnest
guide-next-accounts = The administrator makes accounts: a role, in areas, for a holder.
guide-next-import = The district desk imports places, then people: Imports, in the navigation.
guide-next-round = The commander plans a round. The plan says before it begins whether samplers, couriers and laboratories can meet the window.
