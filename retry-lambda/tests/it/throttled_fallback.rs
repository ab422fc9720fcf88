//! Lambda has no capacity for the Fallback Lambda while the database is away.

use contract::{
    AttemptOutcome::{Error, Miss, Ok},
    Command, Dependency, Read,
    Target::{Cache, Database, Fallback},
};
use lambda_kit::testing::{InvokeAnswer, LambdaEndpoint, function_at};
use uuid::Uuid;

use crate::{
    engine::on_each_engine,
    world::{Surroundings, unavailable},
};

on_each_engine! {
    the_reply_is_the_databases_whatever_keeps_the_fallback_from_running,
}

async fn the_reply_is_the_databases_whatever_keeps_the_fallback_from_running(
    mut surroundings: Surroundings,
) {
    surroundings.database_url = surroundings.engine.nowhere();
    let mut setbacks = Vec::new();
    for answer in [
        InvokeAnswer::throttled("CallerRateLimitExceeded", Some("30")),
        InvokeAnswer::error(502, "EC2ThrottledException"),
        InvokeAnswer::error(404, "ResourceNotFoundException"),
        InvokeAnswer::error(500, "ServiceException"),
    ] {
        let told = format!("{answer:?}");
        let endpoint = LambdaEndpoint::always(answer).await;
        let mut environment = surroundings.environment().await;
        environment.handler.fallback = function_at(&endpoint.url);
        let get = Command::Read(Read::Get { id: Uuid::now_v7() });
        let asked = environment.asked_for(get.clone()).await;
        let expected = [
            (Cache, Miss),
            (Database, Error),
            (Cache, Ok),
            (Fallback, Error),
        ];
        assert_eq!(asked, expected, "{told}");
        // Asked once: a repetition would take the time that the API Lambda has for it.
        assert_eq!(endpoint.events().len(), 1, "{told}");
        let reply = unavailable(environment.try_command(get).await.unwrap());
        assert_eq!(reply.dependency, Dependency::Database, "{told}");
        setbacks.push(reply.setback);
    }
    assert!(
        setbacks.iter().all(|setback| *setback == setbacks[0]),
        "{setbacks:?}"
    );
}
