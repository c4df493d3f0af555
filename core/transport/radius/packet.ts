// RADIUS packets as parsed, not yet interpreted: RFC 2865 section 3 and the reasons to drop one.

export const codes = {
  accountingRequest: 4,
  accountingResponse: 5,
  statusServer: 12,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const;

export interface RadiusAttribute {
  /** 0 for the attributes of the standard space, else the IANA enterprise number. */
  readonly vendor: number;
  readonly type: number;
  /** The value's bytes; for a Vendor-Specific whose body is not type and length, vendor is its id, type -1 and this its whole body. */
  readonly value: Buffer;
}

export interface RadiusPacket {
  readonly code: number;
  readonly identifier: number;
  /** 16 bytes. */
  readonly authenticator: Buffer;
  /** In the order of the packet; unknown ones are kept. */
  readonly attributes: readonly RadiusAttribute[];
}

/** Why a datagram is dropped; also the label of the metric that counts it. */
export type DropReason =
  | 'short'
  | 'length'
  | 'attribute'
  | 'authenticator'
  | 'message_authenticator'
  | 'message_authenticator_missing'
  | 'unknown_client'
  | 'code'
  /** From port 0, to which nothing can be answered. */
  | 'port'
  | 'overload'
  /** Of an Interim-Update, sooner than of what says who is there. */
  | 'overload_interim';
