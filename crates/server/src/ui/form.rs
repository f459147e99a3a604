//! Forms: label, hint, error beside the field and in a summary that links to it; one column;
//! what was typed stays.

use axum::extract::{FromRequest, Request};
use maud::{Markup, html};
use types::Refusal;

use crate::i18n::Speaks;
use crate::seat::Seat;
use crate::t;
use crate::{App, Fault};

/// What a form sent. Handlers take it as their last argument.
#[derive(Clone, Debug, Default)]
pub struct FormData(Vec<(String, String)>);

impl FormData {
    /// Reads pairs, for tests and re-shown forms.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> FormData {
        FormData(pairs.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    /// The value of a field without space around it; empty when it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The value of a field exactly as typed (passwords).
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    /// Every value of a field that can be sent more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }
}

impl FromRequest<App> for FormData {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &App) -> Result<FormData, Fault> {
        let body = bytes::Bytes::from_request(request, state)
            .await
            .map_err(|_| Refusal::new("malformed-request"))?;
        Ok(FormData(form_urlencoded::parse(&body).into_owned().collect()))
    }
}

/// What is wrong with a form, by field.
#[derive(Clone, Debug, Default)]
pub struct Errors(Vec<(&'static str, Refusal)>);

impl Errors {
    /// Says what is wrong with a field.
    pub fn add(&mut self, field: &'static str, refusal: Refusal) {
        self.0.push((field, refusal));
    }

    /// One wrong field.
    pub fn one(field: &'static str, refusal: Refusal) -> Errors {
        Errors(vec![(field, refusal)])
    }

    /// Takes the value of a field, or notes what is wrong with it.
    pub fn check<T, E: Into<Refusal>>(
        &mut self,
        field: &'static str,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|e| self.add(field, e.into())).ok()
    }

    /// Whether all is well.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(&self, field: &str) -> Option<&Refusal> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, refusal)| refusal)
    }
}

#[derive(Clone, Debug)]
enum Control {
    Input { kind: &'static str, mode: Option<&'static str> },
    Area { lines: u8 },
    Select { options: Vec<(String, String)> },
    Radios { options: Vec<(String, String)> },
    Tick,
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    name: &'static str,
    label: String,
    hint: Option<String>,
    value: String,
    complete: Option<&'static str>,
    required: bool,
    short: bool,
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

    /// A local date and time.
    pub fn time(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "datetime-local", mode: None }).short()
    }

    /// A file.
    pub fn file(name: &'static str, label: impl Into<String>) -> Field {
        Field::new(name, label, Control::Input { kind: "file", mode: None })
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

    /// The field by itself, for a form that only asks (`method="get"`).
    pub fn bare(&self, seat: &Seat) -> Markup {
        self.render(seat, &Errors::default())
    }

    fn render(&self, seat: &Seat, errors: &Errors) -> Markup {
        let error = errors.of(self.name);
        let id = format!("field-{}", self.name);
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
                                input .input .input--short[self.short] type=(kind) name=(self.name) id=(id)
                                    value=[(*kind != "password" && *kind != "file").then_some(&self.value)]
                                    inputmode=[*mode] autocomplete=(self.complete.unwrap_or("off"))
                                    autocapitalize="none" spellcheck="false" required[self.required]
                                    aria-describedby=[described] aria-invalid=[wrong];
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
                            Control::Radios { .. } | Control::Tick => {}
                        }
                    }
                }
            }
        }
    }
}

/// A form on its way to the page.
#[derive(Debug)]
pub struct Form<'a> {
    seat: &'a Seat,
    action: String,
    errors: Errors,
    parts: Vec<Markup>,
    labels: Vec<(&'static str, String)>,
    upload: bool,
    danger: bool,
    quiet: bool,
    asks: bool,
}

impl<'a> Form<'a> {
    /// A form that is sent to `action` by POST.
    pub fn new(seat: &'a Seat, action: impl Into<String>) -> Form<'a> {
        Form {
            seat,
            action: action.into(),
            errors: Errors::default(),
            parts: Vec::new(),
            labels: Vec::new(),
            upload: false,
            danger: false,
            quiet: false,
            asks: false,
        }
    }

    /// A form that only asks: it is sent by GET, keeps the areas in view, and changes nothing.
    pub fn asks(seat: &'a Seat, action: impl Into<String>) -> Form<'a> {
        let form = Form { asks: true, ..Form::new(seat, action) };
        if seat.area_chosen() { form.hidden("area", &seat.scope().to_string()) } else { form }
    }

    /// What was wrong with it when it came in. Give it before the fields.
    #[must_use]
    pub fn errors(mut self, errors: Errors) -> Form<'a> {
        self.errors = errors;
        self
    }

    /// It carries a file.
    #[must_use]
    pub fn upload(mut self) -> Form<'a> {
        self.upload = true;
        self
    }

    /// Its button takes something away.
    #[must_use]
    pub fn danger(mut self) -> Form<'a> {
        self.danger = true;
        self
    }

    /// Its button stands beside another that matters more.
    #[must_use]
    pub fn quiet(mut self) -> Form<'a> {
        self.quiet = true;
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Form<'a> {
        self.labels.push((field.name, field.label.clone()));
        self.parts.push(field.render(self.seat, &self.errors));
        self
    }

    /// Adds fields that belong together, side by side where there is room.
    #[must_use]
    pub fn group(mut self, legend: &str, fields: Vec<Field>) -> Form<'a> {
        let group = self.group_markup(legend, fields);
        self.parts.push(group);
        self
    }

    /// Adds a group that most people do not need: folded up unless `open`.
    #[must_use]
    pub fn folded(
        mut self,
        summary: &str,
        open: bool,
        groups: Vec<(String, Vec<Field>)>,
    ) -> Form<'a> {
        let groups: Vec<Markup> =
            groups.into_iter().map(|(legend, fields)| self.group_markup(&legend, fields)).collect();
        self.parts.push(html! {
            details .form__more open[open] {
                summary { (summary) }
                @for group in groups { (group) }
            }
        });
        self
    }

    fn group_markup(&mut self, legend: &str, fields: Vec<Field>) -> Markup {
        self.labels.extend(fields.iter().map(|f| (f.name, f.label.clone())));
        html! {
            fieldset .form__group {
                legend .form__legend { (legend) }
                div .form__row { @for field in &fields { (field.render(self.seat, &self.errors)) } }
            }
        }
    }

    /// Adds a value that is not shown.
    #[must_use]
    pub fn hidden(mut self, name: &str, value: &str) -> Form<'a> {
        self.parts.push(html! { input type="hidden" name=(name) value=(value); });
        self
    }

    /// Adds anything between the fields.
    #[must_use]
    pub fn markup(mut self, part: Markup) -> Form<'a> {
        self.parts.push(part);
        self
    }

    /// The form with its button.
    pub fn button(self, text: &str) -> Markup {
        let seat = self.seat;
        let token = seat.csrf();
        // An upload is too large to be searched for its token: there it is in the address.
        let action = if self.upload {
            let mark = if self.action.contains('?') { '&' } else { '?' };
            format!("{}{mark}csrf={token}", self.action)
        } else {
            self.action.clone()
        };
        html! {
            (self.summary())
            form .form method=(if self.asks { "get" } else { "post" }) action=(action) novalidate
                enctype=[self.upload.then_some("multipart/form-data")] {
                @if !token.is_empty() && !self.upload && !self.asks {
                    input type="hidden" name=(crate::csrf::FIELD) value=(token);
                }
                @for part in &self.parts { (part) }
                div .form__buttons {
                    button .button .button--danger[self.danger] .button--secondary[self.quiet] type="submit" { (text) }
                }
            }
        }
    }

    fn summary(&self) -> Markup {
        if self.errors.is_empty() {
            return html! {};
        }
        let seat = self.seat;
        html! {
            div .error-summary role="alert" aria-labelledby="error-summary-title" tabindex="-1" {
                h2 #error-summary-title { (t!(seat, "form-has-errors")) }
                ul {
                    @for (field, refusal) in &self.errors.0 {
                        @let text = seat.lang().refusal(refusal);
                        li {
                            @if self.labels.iter().any(|(name, _)| name == field) {
                                a href={ "#field-" (field) } { (text) }
                            } @else {
                                (text) " " (seat.lang().refusal_next(refusal))
                            }
                        }
                    }
                }
            }
        }
    }
}
