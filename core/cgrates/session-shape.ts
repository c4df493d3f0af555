// A session as CGRateS's queries return it.
import type { Session } from '../model/session.ts';

const nanoseconds = 1_000_000_000;

export function externalSession(session: Session, tenant: string) {
  const { id, nas, acctSessionId, nasIp, userName, calledStationId, startedAt, sessionTime } = session;
  const started = new Date(startedAt).toISOString();
  return {
    CGRID: id,
    RunID: '*default',
    ToR: '*data',
    OriginID: acctSessionId,
    OriginHost: nasIp,
    Source: 'SessionS_Accounting',
    RequestType: '*none',
    Tenant: tenant,
    Category: 'data',
    Account: userName,
    Subject: userName,
    Destination: calledStationId,
    SetupTime: started,
    AnswerTime: started,
    /** Time online in nanoseconds; octets stand among the extra fields, never in one number with time. */
    Usage: sessionTime * nanoseconds,
    ExtraFields: extraFields(session),
    NodeID: nas,
    LoopIndex: 0,
    DurationIndex: 0,
    MaxRate: 0,
    MaxRateUnit: 0,
    MaxCostSoFar: 0,
    DebitInterval: 0,
    NextAutoDebit: '0001-01-01T00:00:00Z',
  };
}

function extraFields(session: Session): Record<string, string> {
  const all = {
    UserID: session.userId,
    FramedIP: session.framedIp,
    FramedIPv6Prefix: session.framedIpv6Prefix,
    DelegatedIPv6Prefix: session.delegatedIpv6Prefix,
    CallingStationID: session.callingStationId,
    NASPortID: session.port,
    NASIdentifier: session.nasIdentifier,
    AcctMultiSessionID: session.multiSessionId,
    Plan: session.plan,
    InputOctets: String(session.inputOctets),
    OutputOctets: String(session.outputOctets),
    UpdateTime: new Date(session.updatedAt).toISOString(),
    ...session.fields,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}
