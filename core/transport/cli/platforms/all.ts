// The platforms that there are; a new one is an entry here, or a profile's own.
import type { Platform } from '../platform.ts';
import { ciscoIos, ciscoIosXr } from './cisco.ts';
import { huaweiVrp, huaweiVrp5 } from './huawei.ts';
import { junos } from './juniper.ts';
import { nokiaSros, nokiaSrosMd } from './nokia.ts';
import { eltexEsr, ericssonSeos, generic } from './others.ts';

const list = [
  ciscoIos,
  ciscoIosXr,
  junos,
  huaweiVrp,
  huaweiVrp5,
  nokiaSros,
  nokiaSrosMd,
  ericssonSeos,
  eltexEsr,
  generic,
];

export const platforms: Readonly<Record<string, Platform>> = Object.fromEntries(list.map((one) => [one.name, one]));
