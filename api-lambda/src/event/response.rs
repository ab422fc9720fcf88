//! The answer as API Gateway takes it.

use aws_lambda_events::{apigw::ApiGatewayV2httpResponse, encodings};
use axum::{
    body::to_bytes,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};

use super::EventError;

/// Writes an answer in payload format 2.0. This API sets no cookies, which would have a
/// field of their own.
pub(super) async fn write(response: Response) -> Result<ApiGatewayV2httpResponse, EventError> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX)
        .await
        .map_err(|_| EventError::BrokenAnswer)?;
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = parts.status.as_u16().into();
    answer.headers = joined(&parts.headers);
    if !bytes.is_empty() {
        let body = match String::from_utf8(bytes.into()) {
            Ok(text) => encodings::Body::Text(text),
            Err(error) => encodings::Body::Binary(error.into_bytes()),
        };
        answer.is_base64_encoded = matches!(body, encodings::Body::Binary(_));
        answer.body = Some(body);
    }
    Ok(answer)
}

/// Each header once: the format has one text for each name, and the serialisation would
/// drop all values but the first and fail at one that is not UTF-8.
fn joined(headers: &HeaderMap) -> HeaderMap {
    let one = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let text = values.collect::<Vec<_>>().join(", ");
        let value = HeaderValue::try_from(text).ok()?;
        Some((name.clone(), value))
    };
    headers.keys().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::json;

    use super::*;

    async fn written(response: Response) -> serde_json::Value {
        serde_json::to_value(write(response).await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_written_as_api_gateway_documents_it() {
        let mut response = Response::new(Body::from("{}"));
        *response.status_mut() = axum::http::StatusCode::CREATED;
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        for link in ["<a>", "<b>"] {
            headers.append("link", HeaderValue::from_static(link));
        }
        let expected = json!({
            "statusCode": 201,
            "headers": {"content-type": "application/json", "link": "<a>, <b>"},
            "multiValueHeaders": {},
            "body": "{}",
            "isBase64Encoded": false,
            "cookies": [],
        });
        assert_eq!(written(response).await, expected);
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_encoded_in_body_and_headers() {
        let mut response = Response::new(Body::from(vec![0xff, 0x00]));
        let value = HeaderValue::from_bytes(b"\xff").unwrap();
        response.headers_mut().insert("etag", value);
        let answer = written(response).await;
        assert_eq!(answer["isBase64Encoded"], true);
        assert_eq!(answer["body"], "/wA=");
        assert_eq!(answer["headers"]["etag"], "\u{fffd}");
    }

    #[tokio::test]
    async fn an_answer_without_a_body_has_none() {
        let answer = written(Response::new(Body::empty())).await;
        assert_eq!(answer.get("body"), None);
    }
}
