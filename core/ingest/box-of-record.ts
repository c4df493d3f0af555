// Whose record it is: of the box that sent it, or, behind a proxy that speaks for many, of the box that the record names.
import type { AccountingRecord, AccountingSink } from './accounting.ts';

export interface NamedBoxes {
  /** Whether this profile's client forwards what other boxes say. Only then their names are believed. */
  speaksForOthers(nas: string): boolean;
  /** The profile that matches a NAS-Identifier or a NAS-IP-Address. */
  boxNamed(names: Pick<AccountingRecord, 'nasIdentifier' | 'nasIp'>): string | undefined;
}

/** A copy that comes another way, by a second proxy or straight from the box, is then a copy of the same session. */
export function attributing(sink: AccountingSink, { speaksForOthers, boxNamed }: NamedBoxes): AccountingSink {
  return (record) => {
    const nas = speaksForOthers(record.nas) ? boxNamed(record) : undefined;
    return sink(nas === undefined || nas === record.nas ? record : { ...record, nas });
  };
}
