# What the testing desk's pages refuse.
refusal-number-needed = A number is needed here.
refusal-number-needed-next = Enter digits only.
refusal-person-ambiguous = Several persons match.
refusal-person-ambiguous-next = Use the number of a document.
refusal-person-missing = No person was named.
refusal-person-missing-next = Enter a number.
refusal-person-not-found = Nobody in your areas has this number.
refusal-person-not-found-next = Check the number, or register the person.
refusal-source-missing = Nobody is named who says so.
refusal-source-missing-next = Name a person or a document.
