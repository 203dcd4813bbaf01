//! What the documents say of an operation beside its types.

/// How an operation of a document is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// A page of the service's documentation.
    Documented,
    /// The vendor's own published client.
    Vendor,
    /// Real answers, or programs that work.
    Observed,
    /// Somebody says so.
    Reported,
    /// Sources disagree; the document says how.
    Conflict,
}

/// How an operation is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Billing {
    /// It costs nothing.
    Free,
    /// Each call costs credits.
    PerCall,
    /// Each item of the answer costs credits.
    PerItem,
    /// Unknown; take it as billed.
    Unknown,
}

/// In what form an operation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnswerForm {
    /// JSON in the service's envelope: `success`, `data` and the like.
    Enveloped,
    /// JSON without an envelope.
    Json,
    /// Text, or anything else that is no JSON.
    Text,
}

/// One operation of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its `operationId`, also the name of the generated method.
    pub id: &'static str,
    /// HTTP method, in capitals.
    pub method: &'static str,
    /// Path below the base URL; `{name}` stands for a path parameter.
    pub path: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// How it is known.
    pub evidence: Evidence,
    /// How it is billed.
    pub billing: Billing,
    /// Credits that a call costs, as decimal text, where a charge is on record; the price lists are unpublished.
    pub credits: Option<&'static str>,
    /// Whether it needs a key.
    pub key: bool,
    /// Component of its request body, if it takes one.
    pub body: Option<&'static str>,
    /// In what form it answers.
    pub answer: AnswerForm,
}

/// The fields of an object that takes no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// Name of the component.
    pub component: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field of a [`Closed`] object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Name of the field.
    pub name: &'static str,
    /// The component that it holds, if one.
    pub object: Option<&'static str>,
    /// Whether it holds a list of them.
    pub list: bool,
}

/// A generated request body, and the fields that it and what it holds may have.
pub trait RequestBody: serde::de::DeserializeOwned {
    /// Name of its component in the document.
    const COMPONENT: &'static str;
    /// The closed objects of the document.
    const CLOSED: &'static [Closed];
}
