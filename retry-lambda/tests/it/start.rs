//! Starting without a configuration.

use lambda_kit::testing::variables_missed_by;

#[test]
fn every_missing_variable_is_named_before_the_first_event() {
    let missed = variables_missed_by(env!("CARGO_BIN_EXE_retry-lambda"));
    assert_eq!(
        missed,
        [
            "STAGE",
            "FALLBACK_FUNCTION_NAME",
            "CIRCUITS_TABLE_NAME",
            "DATABASE_URL",
            "CACHE_URL"
        ]
    );
}
