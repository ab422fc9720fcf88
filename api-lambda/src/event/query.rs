//! Queries as they may stand in a URI.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::Refusal;

/// What a query may have at most, encoded: more than any that means something, and RFC 9110
/// (section 4.1) wants a whole URI of 8,000 to be taken.
pub const MAX_BYTES: usize = 8_192;

/// What may not stand in a query as it is (RFC 3986, section 3.4), but for `%`: what is
/// encoded already stays as it is.
const NOT_IN_A_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The same query, with what may not stand in one encoded.
pub(super) fn encoded(raw: &str) -> Result<Cow<'_, str>, Refusal> {
    if raw.len() > MAX_BYTES {
        return Err(Refusal::QueryTooLong);
    }
    let query: Cow<'_, str> = utf8_percent_encode(raw, NOT_IN_A_QUERY).into();
    if query.len() > MAX_BYTES {
        return Err(Refusal::QueryTooLong);
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_query_that_is_encoded_stays_as_it_is() {
        let query = "limit=5&cursor=a%2Fb+c%&since=-1;?/:@!$'()*,=";
        assert_eq!(encoded(query).unwrap(), query);
        assert_eq!(encoded("a b=<\"\u{e9}").unwrap(), "a%20b=%3C%22%C3%A9");
    }

    #[test]
    fn the_bound_is_on_what_is_encoded() {
        let fits = "a".repeat(MAX_BYTES);
        assert_eq!(encoded(&fits).unwrap(), fits);
        for long in ["a".repeat(MAX_BYTES + 1), " ".repeat(MAX_BYTES / 3 + 1)] {
            assert_eq!(encoded(&long), Err(Refusal::QueryTooLong));
        }
    }

    proptest! {
        #[test]
        fn any_query_is_one_that_a_uri_takes(raw in any::<String>()) {
            let query = encoded(&raw).unwrap();
            let uri = format!("/items?{query}").parse::<axum::http::Uri>().unwrap();
            prop_assert_eq!(uri.path(), "/items");
            prop_assert_eq!(uri.query(), Some(&*query));
        }
    }
}
