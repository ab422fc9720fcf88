//! Request bodies: bounded, JSON in UTF-8, and nothing else.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, header},
};

use super::{json::Document, problem::Problem};

/// The largest item has some 20 KB even if every character is escaped.
const MAX_BYTES: usize = 64 * 1_024;

/// A reader may ignore it (RFC 8259, section 8.1), and some editors write nothing without it.
const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The byte-order marks of what JSON may not be written in; the longer ones first, for UTF-32's
/// begins with UTF-16's.
const OTHER_MARKS: [(&[u8], &str); 4] = [
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
];

/// Reads a JSON document.
pub(super) async fn json(headers: &HeaderMap, body: Body) -> Result<Document, Problem> {
    if is_encoded(headers) {
        return Err(Problem::unsupported_encoding());
    }
    if !is_json(headers) {
        return Err(Problem::unsupported_media_type());
    }
    let bytes = to_bytes(body, MAX_BYTES)
        .await
        .map_err(|_| Problem::payload_too_large(MAX_BYTES))?;
    let other = OTHER_MARKS.iter().find(|(mark, _)| bytes.starts_with(mark));
    if let Some((_, name)) = other {
        return Err(Problem::other_encoding(name));
    }
    let text = bytes.strip_prefix(UTF_8_MARK).unwrap_or(&bytes);
    Document::read(text).map_err(|error| Problem::malformed_json(&error))
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether the body has any content coding (RFC 9110, section 8.4). `identity` is none, and
/// lists may have empty elements.
fn is_encoded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::CONTENT_ENCODING).iter();
    codings
        .flat_map(|codings| codings.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        values.map(|value| (name.clone(), value)).collect()
    }

    #[test]
    fn any_coding_but_identity_is_one() {
        for plain in [
            &[][..],
            &["identity"],
            &["Identity"],
            &[""],
            &[", identity ,"],
        ] {
            assert!(!is_encoded(&headers(&header::CONTENT_ENCODING, plain)));
        }
        for coded in [
            &["gzip"][..],
            &["br"],
            &["identity, gzip"],
            &["identity", "x"],
            &["*"],
        ] {
            assert!(is_encoded(&headers(&header::CONTENT_ENCODING, coded)));
        }
    }

    #[test]
    fn json_may_have_parameters_and_no_second_type() {
        for json in ["application/json", "Application/JSON ; charset=utf-8"] {
            assert!(is_json(&headers(&header::CONTENT_TYPE, &[json])));
        }
        // API Gateway joins the values of repeated headers with commas.
        for other in [
            "application/json,application/json",
            "application/ld+json",
            "",
        ] {
            assert!(!is_json(&headers(&header::CONTENT_TYPE, &[other])));
        }
    }
}
