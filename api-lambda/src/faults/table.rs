//! One item with the faults of all targets, each as JSON in an attribute of its
//! own, so that changes of different targets never meet.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};
use contract::{Fault, FaultTarget, Faults, JsonError};

use super::{FaultChange, FaultTableError};

/// No circuit can have this name.
const PARTITION: &str = "#faults";
const SORT: &str = "asked-for";

/// Where the faults are kept.
#[derive(Debug, Clone)]
pub struct FaultTable {
    client: Client,
    table: String,
}

impl FaultTable {
    /// The faults in `table`, which is that of the circuits.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// All of them, expired ones too.
    ///
    /// # Errors
    ///
    /// If the table does not answer.
    pub async fn load(&self) -> Result<Faults, FaultTableError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(PARTITION.to_owned()))
            .key("sk", AttributeValue::S(SORT.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(FaultTableError::from)?;
        Ok(decode(&output.item.unwrap_or_default()))
    }

    /// Makes a change, and gives all faults after it.
    ///
    /// # Errors
    ///
    /// If the table does not answer; the change may have been made all the same.
    pub async fn change(&self, change: FaultChange) -> Result<Faults, FaultTableError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(PARTITION.to_owned()))
            .key("sk", AttributeValue::S(SORT.to_owned()))
            .return_values(ReturnValue::AllNew);
        let output = match change {
            FaultChange::Put(target, fault) => set(update, target, &fault)?,
            FaultChange::End(target) => remove(update, &[target]),
            FaultChange::EndAll => remove(update, &FaultTarget::ALL),
        }
        .send()
        .await
        .map_err(FaultTableError::from)?;
        Ok(decode(&output.attributes.unwrap_or_default()))
    }
}

fn set(
    update: UpdateItemFluentBuilder,
    target: FaultTarget,
    fault: &Fault,
) -> Result<UpdateItemFluentBuilder, FaultTableError> {
    let fault =
        serde_json::to_string(fault).map_err(|error| FaultTableError::Unwritable(error.into()))?;
    Ok(update
        .update_expression("SET #target = :fault")
        .expression_attribute_names("#target", target.as_str())
        .expression_attribute_values(":fault", AttributeValue::S(fault)))
}

fn remove(update: UpdateItemFluentBuilder, targets: &[FaultTarget]) -> UpdateItemFluentBuilder {
    let names: Vec<String> = targets.iter().map(|target| format!("#{target}")).collect();
    let update = update.update_expression(format!("REMOVE {}", names.join(", ")));
    targets.iter().fold(update, |update, target| {
        update.expression_attribute_names(format!("#{target}"), target.as_str())
    })
}

/// A fault that cannot be read is none: what somebody wrote there by hand is not
/// worth refusing requests for.
fn decode(item: &HashMap<String, AttributeValue>) -> Faults {
    let read = |target: FaultTarget| {
        let text = item.get(target.as_str())?.as_s().ok()?;
        match serde_json::from_str::<Fault>(text).map_err(JsonError::from) {
            Ok(fault) => Some((target, fault)),
            Err(error) => {
                tracing::warn!(fault_target = target.as_str(), %error, "stored fault cannot be read");
                None
            }
        }
    };
    Faults(FaultTarget::ALL.into_iter().filter_map(read).collect())
}
