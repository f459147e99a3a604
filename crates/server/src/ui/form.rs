//! Forms: label, hint, error beside the field and in a summary that links to it; one column;
//! what was typed stays.

mod field;

use std::str::FromStr;

use axum::extract::{FromRequest, Request};
use maud::{Markup, html};
use types::Refusal;

pub use field::Field;

use crate::i18n::Speaks;
use crate::seat::Seat;
use crate::{App, Fault, t};

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

    /// The number in a field, or what is wrong with it, with an example of what would be right.
    pub fn number<T: FromStr>(
        &self,
        errors: &mut Errors,
        name: &'static str,
        example: &str,
    ) -> Option<T> {
        let text = self.text(name);
        let wrong = Refusal::new("malformed-field").with("field", name).with("text", text);
        errors.check(name, text.parse::<T>().map_err(|_| wrong.with("wanted", example)))
    }

    /// The same of a field that may be empty.
    pub fn opt_number<T: FromStr>(
        &self,
        errors: &mut Errors,
        name: &'static str,
        example: &str,
    ) -> Option<T> {
        if self.text(name).is_empty() { None } else { self.number(errors, name, example) }
    }

    /// Yes, no, or neither.
    pub fn yes_no(&self, name: &str) -> Option<bool> {
        match self.text(name) {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
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

/// A form on its way to the page.
#[derive(Debug)]
pub struct Form<'a> {
    seat: &'a Seat,
    action: String,
    errors: Errors,
    part: String,
    parts: Vec<Markup>,
    /// What is folded up, and whether it is open: of a form that only asks, with its button.
    folded: Option<(String, bool, Markup)>,
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
            part: String::new(),
            parts: Vec::new(),
            folded: None,
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

    /// Its name among several forms of a page that have fields of the same names. Give it before
    /// the fields.
    #[must_use]
    pub fn part(mut self, name: &str) -> Form<'a> {
        // It becomes part of ids, and a blank ends the id of what describes a field.
        self.part = format!("{}-", name.replace(char::is_whitespace, "_"));
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
        self.parts.push(field.render(self.seat, &self.errors, &self.part));
        self
    }

    /// Adds fields that belong together, side by side where there is room.
    #[must_use]
    pub fn group(mut self, legend: &str, fields: Vec<Field>) -> Form<'a> {
        let group = self.group_markup(legend, fields);
        self.parts.push(group);
        self
    }

    /// Adds a group that most people do not need: folded up unless `open`. A form that only asks
    /// folds up with its button: nobody presses it without having seen what it asks.
    #[must_use]
    pub fn folded(
        mut self,
        summary: &str,
        open: bool,
        groups: Vec<(String, Vec<Field>)>,
    ) -> Form<'a> {
        let groups: Vec<Markup> =
            groups.into_iter().map(|(legend, fields)| self.group_markup(&legend, fields)).collect();
        let groups = html! { @for group in groups { (group) } };
        if self.asks {
            self.folded = Some((summary.to_owned(), open, groups));
        } else {
            self.parts.push(fold(summary, open, &groups));
        }
        self
    }

    fn group_markup(&mut self, legend: &str, fields: Vec<Field>) -> Markup {
        self.labels.extend(fields.iter().map(|f| (f.name, f.label.clone())));
        html! {
            fieldset .form__group {
                legend .form__legend { (legend) }
                div .form__row { @for field in &fields { (field.render(self.seat, &self.errors, &self.part)) } }
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
        let buttons = html! {
            div .form__buttons {
                button .button .button--danger[self.danger] .button--secondary[self.quiet] type="submit" { (text) }
            }
        };
        html! {
            (self.summary())
            form .form method=(if self.asks { "get" } else { "post" }) action=(action) novalidate
                enctype=[self.upload.then_some("multipart/form-data")] {
                @if !token.is_empty() && !self.upload && !self.asks {
                    input type="hidden" name=(crate::csrf::FIELD) value=(token);
                }
                @for part in &self.parts { (part) }
                @match &self.folded {
                    Some((summary, open, groups)) => {
                        (fold(summary, *open, &html! { (groups) (buttons) }))
                    }
                    None => (buttons),
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
                                a href={ "#field-" (self.part) (field) } { (text) }
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

fn fold(summary: &str, open: bool, body: &Markup) -> Markup {
    html! {
        details .form__more open[open] {
            summary { (summary) }
            (body)
        }
    }
}
