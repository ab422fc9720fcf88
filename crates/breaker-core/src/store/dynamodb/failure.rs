//! What an error means for the breaker.
//!
//! The one question that matters is whether a change may have taken effect. A
//! refusal by the service is certain; everything else is not. A store that has
//! too much to do is told apart from one that refuses: asking again makes the
//! one worse and is no use with the other.

use serde::Deserialize;

use super::{attribute::Item, codec::decode_record};
use crate::{protocol::Conflict, store::StoreError};

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

/// Why a request has no answer, in terms that every SDK has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    /// The service answered with an error.
    Service(ServiceError),
    /// No answer came that could be understood; why not.
    NoAnswer(String),
}

/// An error of the service's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceError {
    /// Its name, such as `ConditionalCheckFailedException`.
    pub code: String,
    /// The status of the HTTP response.
    pub status: u16,
    /// The item that a condition did not hold for.
    pub item: Option<Item>,
    /// Why each part of a transaction was cancelled.
    pub cancellation_reasons: Vec<CancellationReason>,
}

/// Why a part of a transaction was cancelled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CancellationReason {
    /// Its name, such as `ConditionalCheckFailed`; `None` as text if this part
    /// is not to blame.
    pub code: Option<String>,
    /// The item that a condition did not hold for.
    pub item: Option<Item>,
}

impl From<RequestError> for StoreError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Service(error) => error.into(),
            RequestError::NoAnswer(why) => Self::NoAnswer(why),
        }
    }
}

impl From<ServiceError> for StoreError {
    fn from(error: ServiceError) -> Self {
        match error.code.as_str() {
            "ConditionalCheckFailedException" => conflict(error.item.as_ref()),
            "TransactionConflictException" | "TransactionInProgressException" => Self::Contended,
            "TransactionCanceledException" => cancelled(&error.cancellation_reasons),
            // An error inside the service leaves open what it did before.
            _ if error.status >= 500 => Self::NoAnswer(error.code),
            code if is_throttling(code) => Self::Throttled,
            _ => Self::Refused(error.code),
        }
    }
}

fn cancelled(reasons: &[CancellationReason]) -> StoreError {
    let codes = reasons.iter().filter_map(|reason| reason.code.as_deref());
    let codes: Vec<&str> = codes.collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cancelled_with(codes: [&str; 2]) -> StoreError {
        let reasons = codes.map(|code| CancellationReason {
            code: Some(code.to_owned()),
            item: None,
        });
        let error = ServiceError {
            code: "TransactionCanceledException".to_owned(),
            status: 400,
            cancellation_reasons: reasons.into(),
            ..ServiceError::default()
        };
        error.into()
    }

    #[test]
    fn a_transaction_that_met_another_was_contended_and_not_refused() {
        assert_eq!(
            cancelled_with(["TransactionConflict", "None"]),
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
            assert_eq!(cancelled_with(codes), StoreError::Throttled, "{codes:?}");
        }
        assert_eq!(
            cancelled_with(["None", "ValidationError"]),
            StoreError::Refused("None, ValidationError".to_owned())
        );
    }

    #[test]
    fn a_lost_race_counts_more_than_a_busy_store() {
        // What the record says is known; that the event was too much is not
        // worth knowing any more.
        let lost = cancelled_with(["ConditionalCheckFailed", "ThrottlingError"]);
        assert!(matches!(lost, StoreError::Conflict(_)), "{lost:?}");
    }

    #[test]
    fn an_error_inside_the_service_leaves_open_what_it_did() {
        let of_status = |status: u16| {
            let error = ServiceError {
                code: "InternalServerError".to_owned(),
                status,
                ..ServiceError::default()
            };
            StoreError::from(error)
        };
        for status in [500, 503, 599] {
            assert!(matches!(of_status(status), StoreError::NoAnswer(_)));
        }
        for status in [400, 403, 499] {
            assert!(matches!(of_status(status), StoreError::Refused(_)));
        }
    }
}
