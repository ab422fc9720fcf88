//! The data of requests and answers as types of the AWS SDK for Rust, and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
    primitives::Blob,
    types::{AttributeValue as SdkValue, TransactWriteItem},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    attribute::{AttributeValue, Item},
    failure::{CancellationReason, RequestError, ServiceError},
    request::{Put, ReturnValues, TransactItem, Update},
};

const UNKNOWN: &str = "unknown error";

type SdkItem = HashMap<String, SdkValue>;

pub(super) fn item_to_sdk(
    item: impl IntoIterator<Item = (String, AttributeValue)>,
) -> Result<SdkItem, RequestError> {
    item.into_iter()
        .map(|(name, value)| Ok((name, to_sdk(value)?)))
        .collect()
}

pub(super) fn item_from_sdk(item: SdkItem) -> Item {
    item.into_iter()
        .map(|(name, value)| (name, from_sdk(value)))
        .collect()
}

fn to_sdk(value: AttributeValue) -> Result<SdkValue, RequestError> {
    Ok(match value {
        AttributeValue::S(text) => SdkValue::S(text),
        AttributeValue::N(digits) => SdkValue::N(digits),
        AttributeValue::B(base64) => SdkValue::B(blob(&base64)?),
        AttributeValue::Bool(truth) => SdkValue::Bool(truth),
        AttributeValue::Null(null) => SdkValue::Null(null),
        AttributeValue::Ss(texts) => SdkValue::Ss(texts),
        AttributeValue::Ns(numbers) => SdkValue::Ns(numbers),
        AttributeValue::Bs(blobs) => {
            let blobs = blobs.iter().map(|base64| blob(base64));
            SdkValue::Bs(blobs.collect::<Result<_, _>>()?)
        }
        AttributeValue::L(values) => {
            let values = values.into_iter().map(to_sdk);
            SdkValue::L(values.collect::<Result<_, _>>()?)
        }
        AttributeValue::M(item) => SdkValue::M(item_to_sdk(item)?),
    })
}

fn blob(base64: &str) -> Result<Blob, RequestError> {
    match BASE64_STANDARD.decode(base64) {
        Ok(bytes) => Ok(Blob::new(bytes)),
        Err(error) => Err(refused(error.to_string())),
    }
}

fn from_sdk(value: SdkValue) -> AttributeValue {
    let base64 = |blob: &Blob| BASE64_STANDARD.encode(blob);
    match value {
        SdkValue::S(text) => AttributeValue::S(text),
        SdkValue::N(digits) => AttributeValue::N(digits),
        SdkValue::B(blob) => AttributeValue::B(base64(&blob)),
        SdkValue::Bool(truth) => AttributeValue::Bool(truth),
        SdkValue::Null(null) => AttributeValue::Null(null),
        SdkValue::Ss(texts) => AttributeValue::Ss(texts),
        SdkValue::Ns(numbers) => AttributeValue::Ns(numbers),
        SdkValue::Bs(blobs) => AttributeValue::Bs(blobs.iter().map(base64).collect()),
        SdkValue::L(values) => AttributeValue::L(values.into_iter().map(from_sdk).collect()),
        SdkValue::M(item) => AttributeValue::M(item_from_sdk(item)),
        // A type that the SDK does not know either holds no text and no number.
        _ => AttributeValue::Null(true),
    }
}

pub(super) fn return_values(shown: ReturnValues) -> &'static str {
    match shown {
        ReturnValues::AllNew => "ALL_NEW",
        ReturnValues::AllOld => "ALL_OLD",
    }
}

pub(super) fn transact_item(item: TransactItem) -> Result<TransactWriteItem, RequestError> {
    let incomplete = |error: BuildError| refused(error.to_string());
    let part = TransactWriteItem::builder();
    Ok(match item {
        TransactItem::Update(Update {
            table_name,
            key,
            update_expression,
            condition_expression,
            expression_attribute_names,
            expression_attribute_values,
            return_values_on_condition_check_failure: shown,
        }) => {
            let update = aws_sdk_dynamodb::types::Update::builder()
                .table_name(table_name)
                .set_key(Some(item_to_sdk(key)?))
                .set_update_expression(update_expression)
                .condition_expression(condition_expression)
                .set_expression_attribute_names(Some(
                    expression_attribute_names.into_iter().collect(),
                ))
                .set_expression_attribute_values(Some(item_to_sdk(expression_attribute_values)?))
                .return_values_on_condition_check_failure(return_values(shown).into())
                .build();
            part.update(update.map_err(incomplete)?).build()
        }
        TransactItem::Put(Put { table_name, item }) => {
            let put = aws_sdk_dynamodb::types::Put::builder()
                .table_name(table_name)
                .set_item(Some(item_to_sdk(item)?))
                .build();
            part.put(put.map_err(incomplete)?).build()
        }
    })
}

/// A request that cannot be made has no effect.
fn refused(why: String) -> RequestError {
    RequestError::Service(ServiceError {
        code: why,
        ..ServiceError::default()
    })
}

pub(super) fn read_error<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
) -> RequestError {
    match error {
        SdkError::ServiceError(service) => RequestError::Service(ServiceError {
            code: service.err().code().unwrap_or(UNKNOWN).to_owned(),
            status: service.raw().status().as_u16(),
            ..ServiceError::default()
        }),
        SdkError::TimeoutError(_) => RequestError::NoAnswer("timed out".to_owned()),
        SdkError::DispatchFailure(_) => RequestError::NoAnswer("no connection".to_owned()),
        SdkError::ResponseError(_) => RequestError::NoAnswer("unreadable response".to_owned()),
        _ => RequestError::NoAnswer(UNKNOWN.to_owned()),
    }
}

pub(super) fn update_error(error: &SdkError<UpdateItemError, HttpResponse>) -> RequestError {
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            RequestError::Service(ServiceError {
                code: "ConditionalCheckFailedException".to_owned(),
                item: failed.item.clone().map(item_from_sdk),
                ..ServiceError::default()
            })
        }
        _ => read_error(error),
    }
}

pub(super) fn transaction_error(
    error: &SdkError<TransactWriteItemsError, HttpResponse>,
) -> RequestError {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons().iter();
            RequestError::Service(ServiceError {
                code: "TransactionCanceledException".to_owned(),
                cancellation_reasons: reasons
                    .map(|reason| CancellationReason {
                        code: reason.code.clone(),
                        item: reason.item.clone().map(item_from_sdk),
                    })
                    .collect(),
                ..ServiceError::default()
            })
        }
        _ => read_error(error),
    }
}
