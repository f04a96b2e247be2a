"use client";
import type { Config } from "@runnel/contracts/configs.ts";
import type { ReactNode } from "react";
import { DURATIONS, describeAmount, SIZES, type Unit } from "../lib/quantity.ts";
import { Input, Select } from "./field.tsx";
import { QuantityInput } from "./quantity-input.tsx";

interface ConfigInputProps {
  readonly id?: string;
  readonly config: Config;
  /** Empty: not set here, so that the inherited value counts. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isInvalid?: boolean;
}

/** The right control for a setting, with the inherited value as its placeholder. */
export function ConfigInput({
  id,
  config,
  value,
  onChange,
  isInvalid,
}: ConfigInputProps): ReactNode {
  const { name, type, inherited, isReadOnly } = config;
  const units = unitsOf(config);
  const shared = { id, "aria-label": name, disabled: isReadOnly, "aria-invalid": isInvalid };
  if (type === "boolean") {
    return (
      <Select {...shared} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">inherited ({inherited ?? "not set"})</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </Select>
    );
  }
  if (units !== null) {
    return (
      <QuantityInput
        {...(id === undefined ? {} : { id })}
        label={name}
        units={units}
        value={value}
        fallback={inherited}
        onChange={onChange}
        isDisabled={isReadOnly}
        isInvalid={isInvalid === true}
      />
    );
  }
  return (
    <Input
      {...shared}
      value={value}
      placeholder={inherited ?? "not set"}
      onChange={(event) => onChange(event.target.value)}
      className="mono text-xs"
    />
  );
}

/** The units of a setting's value; null for what is no amount. */
export function unitsOf({ unit }: Pick<Config, "unit">): readonly Unit[] | null {
  if (unit === "ms") return DURATIONS;
  return unit === "bytes" ? SIZES : null;
}

/** A value of a setting for people. */
export function describeValue(config: Config, value: string | null): string {
  if (value === null) return "not set";
  const units = unitsOf(config);
  if (units !== null) return describeAmount(value, units);
  if (value === "") return "empty";
  return config.unit === null ? value : `${value} ${config.unit}`;
}
