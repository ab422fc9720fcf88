//! What an SDK error means for the breaker.
//!
//! The one question that matters is whether a change may have taken effect. A
//! refusal by the service is certain; everything else is not.

use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
};

use super::codec::{Item, decode_record};
use crate::{protocol::Conflict, store::StoreError};

/// The most names of errors that a message holds.
const UNKNOWN: &str = "unknown error";

pub(super) fn of_read<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> StoreError {
    match error {
        SdkError::ServiceError(service) => of_service(service.err(), service.err().code()),
        other => no_answer(&other),
    }
}

pub(super) fn of_update<R>(error: SdkError<UpdateItemError, R>) -> StoreError {
    match error {
        SdkError::ServiceError(service) => match service.into_err() {
            UpdateItemError::ConditionalCheckFailedException(failed) => {
                conflict(failed.item.as_ref())
            }
            other => of_service(&other, other.code()),
        },
        other => no_answer(&other),
    }
}

pub(super) fn of_transaction<R>(error: SdkError<TransactWriteItemsError, R>) -> StoreError {
    let service = match error {
        SdkError::ServiceError(service) => service.into_err(),
        other => return no_answer(&other),
    };
    let TransactWriteItemsError::TransactionCanceledException(canceled) = &service else {
        return of_service(&service, service.code());
    };
    let state = canceled.cancellation_reasons().first();
    match state.and_then(|reason| reason.code()) {
        Some("ConditionalCheckFailed") => conflict(state.and_then(|reason| reason.item.as_ref())),
        Some(code) => StoreError::Refused(code.to_owned()),
        None => StoreError::Refused(UNKNOWN.to_owned()),
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

/// An internal error of the service leaves open whether the change was made.
fn of_service(error: &impl ProvideErrorMetadata, code: Option<&str>) -> StoreError {
    let message = code.unwrap_or(UNKNOWN).to_owned();
    match error.code() {
        Some("InternalServerError" | "ServiceUnavailable") | None => StoreError::NoAnswer(message),
        Some(_) => StoreError::Refused(message),
    }
}

fn no_answer<E, R>(error: &SdkError<E, R>) -> StoreError {
    StoreError::NoAnswer(
        match error {
            SdkError::TimeoutError(_) => "timed out",
            SdkError::DispatchFailure(_) => "no connection",
            SdkError::ResponseError(_) => "unreadable response",
            _ => UNKNOWN,
        }
        .to_owned(),
    )
}
