//! Lets a request through to its route, or says why not.

use std::convert::Infallible;

use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{App, problem::Problem};
use crate::{
    access::{Caller, Purpose, covers},
    event::Refusal,
};

/// Answers what no route may see, before any looks at it.
pub(super) async fn refuse_unfit(mut request: Request, next: Next) -> Response {
    match request.extensions_mut().remove::<Refusal>() {
        Some(refusal) => {
            tracing::info!(part = refusal.part(), "no route may see the request");
            Problem::refused(refusal).into_response()
        }
        None => next.run(request).await,
    }
}

/// Lets through only the route that API Gateway has taken, and only callers that may take it.
///
/// It runs once the route is known, so that what is checked is what is routed.
pub(super) async fn admit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let (route, method) = (route.as_str(), request.method());
    let context = request.extensions().get::<ApiGatewayV2httpRequestContext>();
    let taken = |context: &ApiGatewayV2httpRequestContext| {
        let key = context.route_key.as_deref().unwrap_or_default();
        covers(key, method, route)
    };
    if !context.is_none_or(taken) {
        tracing::warn!(route, "API Gateway has authorised another route");
        return Problem::unknown_route(request.uri().path()).into_response();
    }
    let caller = context.map_or(Caller::Anonymous, Caller::of);
    if let Err(denied) = app.sign_in.admit(Purpose::of(method, route), &caller) {
        return Problem::denied(denied).into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let caller = parts.extensions.get::<Self>();
        Ok(caller.cloned().unwrap_or(Self::Anonymous))
    }
}
