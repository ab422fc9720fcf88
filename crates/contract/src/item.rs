//! The item: the one kind of thing this system keeps.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How often an item has been written; the first version is 1.
pub type Version = i64;

/// An item as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Item {
    /// A UUID of version 7, made by the server.
    pub id: Uuid,
    /// 1 to 200 characters.
    pub name: String,
    /// At most 2,000 characters.
    pub description: String,
    /// 0 to 1,000,000,000.
    pub quantity: i64,
    /// Rises by one with each write; 1 for a new item. The `ETag`.
    pub version: Version,
    /// When the item was first written.
    pub created_at: DateTime<Utc>,
    /// When this version was written.
    pub updated_at: DateTime<Utc>,
}
