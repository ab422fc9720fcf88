//! The API's own description, made from the types and handlers themselves.

use axum::{Json, http::header, response::IntoResponse};
use contract::{FaultTarget, FieldError};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, ContentBuilder, Object, RefOr, Response, ResponseBuilder, Schema,
        path::{Operation, PathItem},
        schema::Type,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{circuits, faults, health, items, problem::ProblemBody};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Circuit breaker for AWS",
        description = "Items behind a circuit breaker whose state a whole fleet shares.\n\n\
            HEAD works where GET does. Every answer of the service has the header \
            `X-Request-Id`. A problem is an RFC 9457 document; API Gateway's own answers (401, \
            429, and 404 for a route that a stage does not have) have a `message` alone.",
        contact(name = "The maintainers of this deployment"),
        license(name = "MIT", identifier = "MIT")
    ),
    servers((url = "/", description = "The deployment that serves this document.")),
    paths(
        items::list, items::create, items::read, items::replace, items::delete,
        circuits::list, circuits::read, circuits::events, circuits::trail,
        circuits::place_override, circuits::withdraw_override,
        faults::list, faults::put, faults::end, faults::end_all,
        health::read, read,
    ),
    components(schemas(ProblemBody, FieldError, FaultTarget)),
    modifiers(&Gateway),
    tags(
        (name = "items", description = "What the service stores."),
        (name = "circuits", description = "The state of the circuit breaker, and overrides of it."),
        (name = "faults", description = "Fault injection, where the stage allows it."),
        (name = "service", description = "About this API."),
    )
)]
struct Api;

/// What API Gateway does in front of every operation: it asks for a token where the stage says
/// so, and it refuses what comes too fast.
struct Gateway;

const SIGN_IN: &str = "sign_in";

impl Modify for Gateway {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "An access token of the stage's user pool. Stages differ: the stage `local` has \
                 no sign-in. Elsewhere overrides and changes of faults need a token, and items \
                 do where the deployment says so (`itemsFor=signed-in`).",
            ))
            .build();
        let components = api.components.get_or_insert_default();
        components.add_security_scheme(SIGN_IN, SecurityScheme::Http(scheme));
        for item in api.paths.paths.values_mut() {
            for (changes, operation) in operations(item) {
                let security = security(operation, changes);
                let responses = &mut operation.responses.responses;
                if security.len() > 1 {
                    let unauthorized = responses.entry("401".to_owned()).or_insert_with(|| {
                        let description =
                            "The stage asks for an access token, and the request has no valid one.";
                        RefOr::T(ResponseBuilder::new().description(description).build())
                    });
                    // API Gateway asks before the service does.
                    if let RefOr::T(unauthorized) = unauthorized {
                        let (media_type, content) = content_of_gateway();
                        unauthorized
                            .content
                            .insert(media_type.to_owned(), RefOr::T(content));
                    }
                }
                let too_fast =
                    answer_of_gateway("The limit for this route is reached; nothing was changed.");
                responses.insert("429".to_owned(), too_fast);
                operation.security = Some(security);
            }
        }
    }
}

/// Each operation of a path, and whether it changes anything.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let reads = [&mut item.get].map(|operation| (false, operation));
    let changes = [&mut item.post, &mut item.put, &mut item.delete];
    let changes = changes.map(|operation| (true, operation));
    reads
        .into_iter()
        .chain(changes)
        .filter_map(|(changes, operation)| Some((changes, operation.as_mut()?)))
}

/// An empty requirement stands for a stage that asks for nothing. What reads can need a token
/// too: an operation that describes its own 401 does.
fn security(operation: &Operation, changes: bool) -> Vec<SecurityRequirement> {
    let none = SecurityRequirement::default();
    let of_items = operation.tags.iter().flatten().any(|tag| tag == "items");
    let described = operation.responses.responses.contains_key("401");
    if changes || of_items || described {
        let token = SecurityRequirement::new::<_, [String; 0], String>(SIGN_IN, []);
        vec![none, token]
    } else {
        vec![none]
    }
}

/// What API Gateway answers itself.
fn answer_of_gateway(description: &str) -> RefOr<Response> {
    let (media_type, content) = content_of_gateway();
    let response = ResponseBuilder::new()
        .description(description)
        .content(media_type, content);
    response.build().into()
}

/// The media type and the form of API Gateway's own answers.
fn content_of_gateway() -> (&'static str, Content) {
    let message = Object::builder()
        .property("message", Object::with_type(Type::String))
        .build();
    let content = ContentBuilder::new().schema(Some(Schema::from(message)));
    ("application/json", content.build())
}

/// The OpenAPI 3.1 document as indented JSON.
///
/// # Errors
///
/// If it cannot be written as JSON, which no valid description causes.
pub fn document() -> serde_json::Result<String> {
    Api::openapi().to_pretty_json()
}

/// Read this document.
///
/// It may be kept for five minutes; everything else that the API answers may not be kept.
#[utoipa::path(get, path = "/openapi.json", operation_id = "read_openapi", tag = "service",
    responses((status = 200, description = "The OpenAPI 3.1 document.", body = serde_json::Value)))]
pub(super) async fn read() -> impl IntoResponse {
    // The same for all who ask, until the next deployment; but API Gateway adds what lets
    // pages of another origin read it.
    let headers = [
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::VARY, "origin"),
    ];
    (headers, Json(Api::openapi()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Each operation of the document, with its method and path.
    fn described() -> Vec<(String, Value)> {
        let document: Value = serde_json::from_str(&document().unwrap()).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (format!("{method} {path}"), operation.clone()))
        });
        operations.collect()
    }

    #[test]
    fn what_reads_a_query_describes_that_it_can_be_too_long() {
        for (name, operation) in described() {
            let mut parameters = operation["parameters"].as_array().into_iter().flatten();
            let has_query = parameters.any(|parameter| parameter["in"] == "query");
            let too_long = &operation["responses"]["414"];
            assert_eq!(has_query, !too_long.is_null(), "{name}");
        }
    }

    #[test]
    fn where_a_token_can_be_needed_the_gateways_own_refusal_is_described() {
        for (name, operation) in described() {
            let needs_token = operation["security"].as_array().unwrap().len() > 1;
            let refused = &operation["responses"]["401"]["content"]["application/json"];
            let message = &refused["schema"]["properties"]["message"];
            assert_eq!(needs_token, !message.is_null(), "{name}");
        }
        let (_, trail) = described()
            .into_iter()
            .find(|(name, _)| name == "get /circuits/{name}/trail")
            .unwrap();
        let own = &trail["responses"]["401"]["content"]["application/problem+json"];
        assert!(!own.is_null());
    }
}
