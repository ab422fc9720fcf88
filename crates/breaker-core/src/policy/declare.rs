//! The macro that makes a struct, its defaults and its table out of one
//! declaration of each field.
//!
//! A field is declared as `name: Unit = default in low..=high;` below a comment
//! of two paragraphs: what it means, and when to change it. Numbers are those
//! of a file, so durations are in milliseconds.

/// What follows from a field's [`Unit`](super::Unit).
macro_rules! of_unit {
    (type Milliseconds) => {
        ::std::time::Duration
    };
    (type Count) => {
        u32
    };
    (type $number:ident) => {
        f64
    };

    (value Milliseconds $ms:literal) => {
        ::std::time::Duration::from_millis($ms)
    };
    (value $unit:ident $number:literal) => {
        $number
    };

    (bound Milliseconds $ms:literal) => {
        FieldValue::Integer($ms)
    };
    (bound Count $count:literal) => {
        FieldValue::Integer($count)
    };
    (bound $number:ident $value:literal) => {
        FieldValue::Float($value)
    };

    (key Milliseconds $name:ident) => {
        concat!(stringify!($name), "_ms")
    };
    (key $unit:ident $name:ident) => {
        stringify!($name)
    };

    (numbers Milliseconds $name:ident $default:literal $low:literal $high:literal) => {
        concat!(
            "Default ",
            $default,
            " ms, from ",
            $low,
            " to ",
            $high,
            " ms; `",
            stringify!($name),
            "_ms` in files."
        )
    };
    (numbers $unit:ident $name:ident $default:literal $low:literal $high:literal) => {
        concat!("Default ", $default, ", from ", $low, " to ", $high, ".")
    };
}
pub(super) use of_unit;

/// Declares the policy.
macro_rules! declare_policy {
    (
        $(#[$meta:meta])*
        pub struct $policy:ident;
        $($group:literal {
            $(
                $(#[doc = $documentation:literal])+
                $name:ident: $unit:ident = $default:literal in $low:literal..=$high:literal;
            )+
        })+
    ) => {
        $(#[$meta])*
        pub struct $policy {
            $($(
                $(#[doc = $documentation])+
                #[doc = ""]
                #[doc = of_unit!(numbers $unit $name $default $low $high)]
                pub $name: of_unit!(type $unit),
            )+)+
        }

        impl Default for $policy {
            fn default() -> Self {
                Self {
                    $($($name: of_unit!(value $unit $default),)+)+
                }
            }
        }

        impl $policy {
            /// Every field, with its range, its default and its documentation.
            pub const FIELDS: &'static [Field] = &[
                $($(
                    Field {
                        name: stringify!($name),
                        key: of_unit!(key $unit $name),
                        group: $group,
                        unit: Unit::$unit,
                        low: of_unit!(bound $unit $low),
                        high: of_unit!(bound $unit $high),
                        documentation: concat!($($documentation, "\n"),+),
                        get: |policy| policy.$name.show(),
                        set: |policy, value| {
                            policy.$name = Scalar::read(value)?;
                            Some(())
                        },
                    },
                )+)+
            ];
        }
    };
}
pub(super) use declare_policy;
