//! What an SDK error means for the breaker.
//!
//! The one question that matters is whether a change may have taken effect. A
//! refusal by the service is certain; everything else is not. A store that has
//! too much to do is told apart from one that refuses: asking again makes the
//! one worse and is no use with the other.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
};

use super::codec::{Item, decode_record};
use crate::{protocol::Conflict, store::StoreError};

const UNKNOWN: &str = "unknown error";

/// What the service says when it has too much to do: as an error, and as a
/// reason to cancel a transaction.
const THROTTLED: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
];

fn is_throttling(code: &str) -> bool {
    THROTTLED.contains(&code)
}

pub(super) fn of_read<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> StoreError {
    of_any(error)
}

pub(super) fn of_update(error: &SdkError<UpdateItemError, HttpResponse>) -> StoreError {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            conflict(failed.item.as_ref())
        }
        Some(UpdateItemError::TransactionConflictException(_)) => StoreError::Contended,
        _ => of_any(error),
    }
}

pub(super) fn of_transaction(
    error: &SdkError<TransactWriteItemsError, HttpResponse>,
) -> StoreError {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            let reasons = canceled.cancellation_reasons();
            let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code()).collect();
            if codes.contains(&"ConditionalCheckFailed") {
                // The first part is the record; only it has a condition.
                conflict(reasons.first().and_then(|reason| reason.item.as_ref()))
            } else if codes.contains(&"TransactionConflict") {
                StoreError::Contended
            } else if codes.iter().any(|code| is_throttling(code)) {
                StoreError::Throttled
            } else {
                StoreError::Refused(codes.join(", "))
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => StoreError::Contended,
        _ => of_any(error),
    }
}

/// The refusal carries the record that won; none means that the item is gone.
fn conflict(item: Option<&Item>) -> StoreError {
    match decode_record(item) {
        Ok(current) => Conflict {
            current: Box::new(current),
        }
        .into(),
        Err(unreadable) => unreadable,
    }
}

fn of_any<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> StoreError {
    let code = |error: &E| error.code().unwrap_or(UNKNOWN).to_owned();
    match error {
        // An error inside the service leaves open what it did before.
        SdkError::ServiceError(service) if service.raw().status().is_server_error() => {
            StoreError::NoAnswer(code(service.err()))
        }
        SdkError::ServiceError(service) => match code(service.err()) {
            code if is_throttling(&code) => StoreError::Throttled,
            code => StoreError::Refused(code),
        },
        SdkError::TimeoutError(_) => StoreError::NoAnswer("timed out".to_owned()),
        SdkError::DispatchFailure(_) => StoreError::NoAnswer("no connection".to_owned()),
        SdkError::ResponseError(_) => StoreError::NoAnswer("unreadable response".to_owned()),
        _ => StoreError::NoAnswer(UNKNOWN.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{CancellationReason, error::TransactionCanceledException};

    use super::*;

    fn canceled(codes: [&str; 2]) -> StoreError {
        let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
        let exception = TransactionCanceledException::builder()
            .set_cancellation_reasons(Some(reasons.into()))
            .build();
        let error = TransactWriteItemsError::TransactionCanceledException(exception);
        let status = 400.try_into().unwrap();
        of_transaction(&SdkError::service_error(
            error,
            HttpResponse::new(status, "".into()),
        ))
    }

    #[test]
    fn a_transaction_that_met_another_was_contended_and_not_refused() {
        assert_eq!(
            canceled(["TransactionConflict", "None"]),
            StoreError::Contended
        );
    }

    #[test]
    fn a_transaction_that_met_a_busy_store_was_throttled_and_not_refused() {
        let busy = ["ThrottlingError", "ProvisionedThroughputExceeded"];
        for codes in busy
            .into_iter()
            .flat_map(|code| [[code, "None"], ["None", code]])
        {
            assert_eq!(canceled(codes), StoreError::Throttled, "{codes:?}");
        }
        assert_eq!(
            canceled(["None", "ValidationError"]),
            StoreError::Refused("None, ValidationError".to_owned())
        );
    }

    #[test]
    fn a_lost_race_counts_more_than_a_busy_store() {
        // What the record says is known; that the event was too much is not
        // worth knowing any more.
        let lost = canceled(["ConditionalCheckFailed", "ThrottlingError"]);
        assert!(matches!(lost, StoreError::Conflict(_)), "{lost:?}");
    }

    #[test]
    fn an_error_inside_the_service_leaves_open_what_it_did() {
        let error = || TransactWriteItemsError::unhandled("broken");
        let of_status = |status: u16| {
            let response = HttpResponse::new(status.try_into().unwrap(), "".into());
            of_transaction(&SdkError::service_error(error(), response))
        };
        assert!(matches!(of_status(500), StoreError::NoAnswer(_)));
        assert!(matches!(of_status(400), StoreError::Refused(_)));
    }
}
