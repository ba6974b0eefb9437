//! The object that every answer is: `meta`, and `data` on success.

use std::{convert::Infallible, iter};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Serialize;

use super::types::Meta;

impl Meta {
    pub(super) fn success(updated_presence: Option<bool>) -> Self {
        Self { code: StatusCode::OK.as_u16(), updated_presence }
    }
}

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Compact,
    Indented,
}

/// How many items of a list go out at a time.
const ITEMS_IN_PIECE: usize = 256;

impl Layout {
    pub(super) fn write(self, value: &impl Serialize) -> String {
        let written = match self {
            Self::Compact => serde_json::to_string(value),
            Self::Indented => serde_json::to_string_pretty(value),
        };
        written.expect("an answer is JSON")
    }

    /// A whole answer.
    pub(super) fn answer(self, answer: &impl Serialize) -> Response {
        json(Body::from(self.write(answer)))
    }

    /// An answer that ends with a list, from the answer with an empty one: the items are written piece by
    /// piece while they are sent.
    pub(super) fn list<T: Serialize>(
        self,
        empty: &impl Serialize,
        items: impl ExactSizeIterator<Item = T> + Send + 'static,
    ) -> Response {
        let empty = self.write(empty);
        let (head, tail) = empty.rsplit_once(']').expect("it ends with a list");
        let indent = if self == Self::Indented && items.len() > 0 { "\n  " } else { "" };
        let ends = [head.to_owned(), format!("{indent}]{tail}")];
        let mut items = items.enumerate();
        let pieces = iter::from_fn(move || {
            let items = items.by_ref().take(ITEMS_IN_PIECE);
            let piece: String = items.map(|(index, item)| self.item(index, &item)).collect();
            (!piece.is_empty()).then_some(piece)
        });
        let [head, tail] = ends.map(iter::once);
        let pieces = head.chain(pieces).chain(tail);
        json(Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>))))
    }

    fn item(self, index: usize, item: &impl Serialize) -> String {
        let comma = if index == 0 { "" } else { "," };
        let item = self.write(item);
        match self {
            Self::Compact => format!("{comma}{item}"),
            Self::Indented => format!("{comma}\n    {}", item.replace('\n', "\n    ")),
        }
    }
}

fn json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}
