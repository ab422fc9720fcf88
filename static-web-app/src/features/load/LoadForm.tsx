import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Slider from "@cloudscape-design/components/slider";
import { type LoadPlan, paceInWords, PER_SECOND_MAX, SECONDS_MAX, type Traffic, TRAFFIC } from "@/shared/load/loadPlan";

const SECONDS_MIN = 5;

const TRAFFIC_WORDS: Record<Traffic, { name: string; meaning: string }> = {
  pages: { name: "Pages of items", meaning: "Always asked of the database." },
  items: { name: "Single items", meaning: "The cache is asked first." },
  mixed: { name: "Both, and writes", meaning: "One request in five writes an item of the load's own." },
};

interface Props {
  plan: LoadPlan;
  running: boolean;
  onChange: (plan: LoadPlan) => void;
  onStart: () => void;
  onStop: () => void;
}

export function LoadForm({ plan, running, onChange, onStart, onStop }: Props) {
  return (
    <div className="load-form">
      <FormField label={paceInWords(plan)}>
        <Slider
          value={plan.perSecond}
          min={1}
          max={PER_SECOND_MAX}
          disabled={running}
          ariaLabel="Requests per second"
          onChange={({ detail }) => onChange({ ...plan, perSecond: detail.value })}
        />
      </FormField>
      <FormField label={`for ${plan.seconds} seconds`}>
        <Slider
          value={plan.seconds}
          min={SECONDS_MIN}
          max={SECONDS_MAX}
          step={5}
          disabled={running}
          ariaLabel="Seconds"
          valueFormatter={(value) => `${value} s`}
          onChange={({ detail }) => onChange({ ...plan, seconds: detail.value })}
        />
      </FormField>
      <FormField label="What is asked for">
        <RadioGroup
          value={plan.traffic}
          items={TRAFFIC.map((value) => ({
            value,
            label: TRAFFIC_WORDS[value].name,
            description: TRAFFIC_WORDS[value].meaning,
            disabled: running,
          }))}
          onChange={({ detail }) => onChange({ ...plan, traffic: detail.value as Traffic })}
        />
      </FormField>
      {running ? (
        <Button onClick={onStop}>Stop the load</Button>
      ) : (
        <Button variant="primary" onClick={onStart}>
          Start {plan.perSecond * plan.seconds} requests
        </Button>
      )}
    </div>
  );
}
