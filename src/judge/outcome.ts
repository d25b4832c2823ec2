/** What every judge says of a cell before it looks at numbers: that it is not there, or that it faulted. */
import type { ErrorRecord } from '../protocol/errors.js';
import type { Probe } from '../protocol/observation.js';
import type { Status } from '../protocol/record.js';
import { because } from './reason.js';

/** What all kinds of observation say of how it went. */
export interface Course {
  readonly outcome: 'completed' | 'unsupported' | 'faulted';
  readonly fault?: ErrorRecord | undefined;
  readonly probe?: Probe | undefined;
}

/** What of a verdict is the same in every kind. */
export interface BareVerdict {
  readonly status: Status;
  /** Absent on a pass. */
  readonly reason?: ErrorRecord;
}

/** `unsupported` where a probe says so, and `error` where none does: unsupported is never said without one. */
export function judgeUnsupported({ probe }: Course): BareVerdict {
  if (probe?.available === false) {
    return {
      status: 'unsupported',
      reason: because('E_BACKEND_UNAVAILABLE', probe.words, {
        hint: 'The browser does not offer this backend here; the words are its own.',
        phase: 'probe',
      }),
    };
  }
  const words = probe === undefined ? 'there is no probe that says so' : `its probe found the backend: ${probe.words}`;
  return { status: 'error', reason: because('E_INTERNAL', `The cell is called unsupported, but ${words}.`) };
}

/** The fault of a cell that faulted. */
export function faultOf({ outcome, fault }: Course): ErrorRecord | undefined {
  if (outcome !== 'faulted') return undefined;
  return fault ?? because('E_INTERNAL', 'The cell faulted, but nothing says of what.');
}
