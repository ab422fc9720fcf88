import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { FunctionKind } from '../../settings/function-folders.ts';

/** What functions write into their logs in CloudWatch's embedded format (`crates/lambda-kit/src/metrics.rs`). */
export class OwnMetrics {
  readonly #stage: string;

  constructor(stage: string) {
    this.#stage = stage;
  }

  /** How often something happened in a minute. */
  count(kind: FunctionKind, metricName: string, label: string): Metric {
    return this.#metric(kind, metricName, Stats.SUM, label);
  }

  statistic(kind: FunctionKind, metricName: string, statistic: string, label: string): Metric {
    return this.#metric(kind, metricName, statistic, label);
  }

  #metric(kind: FunctionKind, metricName: string, statistic: string, label: string): Metric {
    return new Metric({
      namespace: 'CircuitBreaker',
      metricName,
      dimensionsMap: { Stage: this.#stage, Function: kind },
      statistic,
      label,
      period: Duration.minutes(1),
    });
  }
}
