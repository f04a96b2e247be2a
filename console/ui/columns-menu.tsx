"use client";
import { Columns3 } from "lucide-react";
import type { ReactNode } from "react";
import { Menu, MenuCheck } from "./menu.tsx";

interface ColumnsMenuProps {
  readonly columns: readonly { readonly id: string; readonly header: string }[];
  readonly hidden: readonly string[];
  readonly onChange: (hidden: readonly string[]) => void;
}

/** Which columns are shown. */
export function ColumnsMenu({ columns, hidden, onChange }: ColumnsMenuProps): ReactNode {
  return (
    <Menu
      label="Columns"
      look="plain"
      trigger={
        <>
          <Columns3 /> Columns
        </>
      }
    >
      {columns.map(({ id, header }) => (
        <MenuCheck
          key={id}
          isChecked={!hidden.includes(id)}
          onChange={(isShown) =>
            onChange(isShown ? hidden.filter((one) => one !== id) : [...hidden, id])
          }
        >
          {header}
        </MenuCheck>
      ))}
    </Menu>
  );
}
