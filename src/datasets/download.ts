/** Fetches an archive from its official address, on from where an earlier attempt stopped. */
import { PlumblineError } from '../protocol/errors.js';
export interface Download {
  url: string;
  bytes: number;
  file: string;
  sha256?: string;
}
export function download({ url }: Download): Promise<void> {
  return Promise.reject(new PlumblineError('E_DATASET_MISSING', url));
}
