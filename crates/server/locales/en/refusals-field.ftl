# Why the field app's requests are refused.
refusal-device-key-wrong = The public key of device { $device } does not fit its name.
refusal-device-key-wrong-next = Sign in on that device again.
refusal-envelope-unreadable = The server cannot open this sealed registration.
refusal-envelope-unreadable-next = Download the list again, then register the person once more.
refusal-labels-used-up = The numbers of county { $area } are used up.
refusal-labels-used-up-next = Ask the administrator.
refusal-labels-count = The number of labels must be from 1 to { $limit }.
refusal-labels-count-next = Go back and change it.
