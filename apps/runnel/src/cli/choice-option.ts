/** Flags that take fixed words: named once, for the help and for the completion in shells. */
import { Option } from "commander";

export interface ChoiceOptionSettings {
  /** As commander's, without the value: `-z, --compression`. */
  readonly flag: string;
  readonly choices: readonly string[];
  /** Shown as the value; by default all choices. For flags that take more than fixed words. */
  readonly placeholder?: string;
  readonly description: string;
}

/**
 * Only names the choices. The command checks the value itself, as it may take others too, and has
 * its own words for what is wrong; commander's `choices()` would list them in the help twice.
 */
export class ChoiceOption extends Option {
  readonly words: readonly string[];

  constructor({ flag, choices, placeholder, description }: ChoiceOptionSettings) {
    super(`${flag} <${placeholder ?? choices.join("|")}>`, description);
    this.words = choices;
  }
}
