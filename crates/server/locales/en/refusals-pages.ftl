# What the testing desk's pages refuse.
refusal-number-needed = A number is needed here.
refusal-number-needed-next = Enter digits only.
refusal-person-ambiguous = Several persons match.
refusal-person-ambiguous-next = Use the number of a document.
refusal-person-missing = No person was named.
refusal-person-missing-next = Enter a number.
refusal-person-not-found = Nobody in your areas has this number.
refusal-person-not-found-next = Check the number, or register the person.
refusal-place-name-ambiguous = Several places are called “{ $text }”: { $found }.
refusal-place-name-ambiguous-next = Type the code of the one that is meant.
refusal-place-name-unknown = No place in view is called “{ $text }”.
refusal-place-name-unknown-next = Check the spelling, or look the place up in the registry and type its code.
refusal-source-missing = Nobody is named who says so.
refusal-source-missing-next = Name a person or a document.
