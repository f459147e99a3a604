//! One field of a form: label, hint, error beside it, and what was typed.

use maud::{Markup, html};

use super::{Errors, FormData};
use crate::i18n::Speaks;
use crate::seat::Seat;
use crate::t;

#[derive(Clone, Debug)]
enum Control {
    Input {
        kind: &'static str,
        mode: Option<&'static str>,
    },
    /// A photo, from the camera where there is one.
    Photo,
    Area {
        lines: u8,
    },
    Select {
        options: Vec<(String, String)>,
    },
    Radios {
        options: Vec<(String, String)>,
    },
    Tick,
    /// `(value, text, whether it is ticked)`.
    Ticks {
        options: Vec<(String, String, bool)>,
    },
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    pub(super) name: &'static str,
    pub(super) label: String,
    hint: Option<String>,
    value: String,
    complete: Option<&'static str>,
    required: bool,
    short: bool,
    among: Vec<(String, String)>,
    control: Control,
}

impl Field {
    fn new(name: &'static str, label: impl Into<String>, control: Control) -> Field {
        Field {
            name,
            label: label.into(),
            hint: None,
            value: String::new(),
            complete: None,
            required: true,
            short: false,
            among: Vec::new(),
            control,
        }
    }

    /// One line of text.
    pub fn text(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "text", mode: None })
    }

    /// A password; what was typed is never shown again.
    pub fn password(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "password", mode: None })
    }

    /// A code of digits or capitals, typed on a phone.
    pub fn code(name: &'static str, label: impl Into<String>, digits_only: bool) -> Field {
        let mode = if digits_only { "numeric" } else { "text" };
        Field::new(name, label, Control::Input { kind: "text", mode: Some(mode) }).short()
    }

    /// A whole number.
    pub fn number(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "text", mode: Some("numeric") }).short()
    }

    /// A day.
    pub fn day(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "date", mode: None }).short()
    }

    /// A local date and time.
    pub fn time(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "datetime-local", mode: None }).short()
    }

    /// A file.
    pub fn file(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "file", mode: None })
    }

    /// A photo. Its page needs the script `photo.js`, which makes it small before it is sent.
    pub fn photo(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Photo)
    }

    /// Several lines of text.
    pub fn area(name: &'static str, label: impl Into<String>, lines: u8) -> Field {
        Field::new(name, label, Control::Area { lines })
    }

    /// One of many, as `(value, text)`.
    pub fn select(
        name: &'static str,
        label: impl Into<String>,
        options: Vec<(String, String)>,
    ) -> Field {
        Field::new(name, label, Control::Select { options })
    }

    /// One of a few, all in view, as `(value, text)`.
    pub fn radios(
        name: &'static str,
        label: impl Into<String>,
        options: Vec<(String, String)>,
    ) -> Field {
        Field::new(name, label, Control::Radios { options })
    }

    /// A box to tick.
    pub fn tick(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Tick).optional()
    }

    /// Any of many, as `(value, text)`; those that a form brought back stay ticked.
    pub fn ticks(
        name: &'static str,
        label: impl Into<String>,
        options: Vec<(String, String)>,
        form: &FormData,
    ) -> Field {
        let ticked = |value: &str| form.all(name).any(|v| v == value);
        let options =
            options.into_iter().map(|(value, text)| (value.clone(), text, ticked(&value)));
        Field::new(name, label, Control::Ticks { options: options.collect() }).optional()
    }

    /// Help under the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Field {
        self.hint = Some(hint.into());
        self
    }

    /// What stands in it (for a box: not empty means ticked).
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Field {
        self.value = value.into();
        self
    }

    /// What the browser may fill in, for example `username`.
    #[must_use]
    pub fn complete(mut self, token: &'static str) -> Field {
        self.complete = Some(token);
        self
    }

    /// May stay empty.
    #[must_use]
    pub fn optional(mut self) -> Field {
        self.required = false;
        self
    }

    /// A narrow field.
    #[must_use]
    pub fn short(mut self) -> Field {
        self.short = true;
        self
    }

    /// Whether it takes a local time, which means nothing without its zone.
    fn is_time(&self) -> bool {
        matches!(self.control, Control::Input { kind: "datetime-local", .. })
    }

    /// Codes to choose from, each with what stands beside it. Anything else may be typed all the same.
    #[must_use]
    pub fn among(mut self, codes: Vec<(String, String)>) -> Field {
        self.among = codes;
        self
    }

    /// The field by itself, for a form that only asks (`method="get"`).
    pub fn bare(&self, seat: &Seat) -> Markup {
        self.render(seat, &Errors::default(), "")
    }

    /// `part` tells the fields of one form of a page from those of another.
    pub(super) fn render(&self, seat: &Seat, errors: &Errors, part: &str) -> Markup {
        let error = errors.of(self.name);
        let id = format!("field-{part}{}", self.name);
        let described: Vec<String> = [
            self.hint.as_ref().map(|_| format!("{id}-hint")),
            error.map(|_| format!("{id}-error")),
        ]
        .into_iter()
        .flatten()
        .collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        let help = html! {
            @if let Some(hint) = &self.hint { p .field__hint id={ (id) "-hint" } { (hint) } }
            @if let Some(error) = error {
                p .field__error id={ (id) "-error" } {
                    span .visually-hidden { (t!(seat, "error")) ": " }
                    (seat.lang().refusal(error)) " " (seat.lang().refusal_next(error))
                }
            }
        };
        let wrong = error.is_some().then_some("true");
        html! {
            div .field .field--wrong[error.is_some()] {
                @match &self.control {
                    Control::Radios { options } => {
                        fieldset aria-describedby=[described] {
                            legend .field__label { (self.label) }
                            (help)
                            @for (n, (value, text)) in options.iter().enumerate() {
                                @let option_id = if n == 0 { id.clone() } else { format!("{id}-{n}") };
                                div .choice {
                                    input type="radio" name=(self.name) id=(option_id) value=(value)
                                        checked[*value == self.value];
                                    label for=(option_id) { (text) }
                                }
                            }
                        }
                    }
                    Control::Ticks { options } => {
                        fieldset .form__group aria-describedby=[described] {
                            legend .form__legend { (self.label) }
                            (help)
                            div .choices {
                                @for (n, (value, text, ticked)) in options.iter().enumerate() {
                                    @let option_id = if n == 0 { id.clone() } else { format!("{id}-{n}") };
                                    div .choice {
                                        input type="checkbox" name=(self.name) id=(option_id) value=(value) checked[*ticked];
                                        label for=(option_id) { (text) }
                                    }
                                }
                            }
                        }
                    }
                    Control::Tick => {
                        div .choice {
                            input type="checkbox" name=(self.name) id=(id) value="1"
                                checked[!self.value.is_empty()] aria-describedby=[described] aria-invalid=[wrong];
                            label for=(id) { (self.label) }
                        }
                        (help)
                    }
                    control => {
                        label .field__label for=(id) {
                            (self.label)
                            @if self.is_time() { span .field__optional { " (" (seat.zone_offset(seat.now())) ")" } }
                            @if !self.required { span .field__optional { " " (t!(seat, "optional")) } }
                        }
                        (help)
                        @match control {
                            Control::Input { kind, mode } => {
                                @let list = (!self.among.is_empty()).then(|| format!("{id}-list"));
                                input .input .input--short[self.short] type=(kind) name=(self.name) id=(id)
                                    value=[(*kind != "password" && *kind != "file").then_some(&self.value)]
                                    inputmode=[*mode] autocomplete=(self.complete.unwrap_or("off"))
                                    autocapitalize="none" spellcheck="false" required[self.required]
                                    list=[&list] aria-describedby=[described] aria-invalid=[wrong];
                                @if let Some(list) = &list {
                                    datalist id=(list) {
                                        @for (code, text) in &self.among {
                                            option value=(code) { (text) }
                                        }
                                    }
                                }
                            }
                            Control::Photo => {
                                input .input type="file" name=(self.name) id=(id) accept="image/*" capture="environment"
                                    data-photo required[self.required] aria-describedby=[described] aria-invalid=[wrong];
                            }
                            Control::Area { lines } => {
                                textarea .input name=(self.name) id=(id) rows=(lines) required[self.required]
                                    aria-describedby=[described] aria-invalid=[wrong] { (self.value) }
                            }
                            Control::Select { options } => {
                                select .input .input--short[self.short] name=(self.name) id=(id)
                                    aria-describedby=[described] aria-invalid=[wrong] {
                                    @for (value, text) in options {
                                        option value=(value) selected[*value == self.value] { (text) }
                                    }
                                }
                            }
                            Control::Radios { .. } | Control::Tick | Control::Ticks { .. } => {}
                        }
                    }
                }
            }
        }
    }
}
