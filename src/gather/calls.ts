/** Typed calls to the page: what comes back is validated, and a failure of the page's becomes an exception here. */
import type { CallOptions, DriverPage } from '../drivers/driver.js';
import { PlumblineError, fromErrorRecord } from '../protocol/errors.js';
import {
  PAGE_RESULTS,
  pageAnswerSchema,
  type PageArguments,
  type PageMethod,
  type PageResult,
} from '../protocol/messages.js';

/**
 * @throws PlumblineError what the page answered, what the driver found ({@link DriverPage.call}), or `E_PROTOCOL` for an
 *   answer that does not fit the contract
 */
export async function callPage<M extends PageMethod>(
  page: DriverPage,
  method: M,
  argument: PageArguments[M],
  options: CallOptions,
): Promise<PageResult<M>> {
  const raw = await page.call(method, argument, options);
  const answer = pageAnswerSchema.safeParse(raw);
  if (!answer.success) throw new PlumblineError('E_PROTOCOL', `${method}: ${answer.error.message}`);
  if (!answer.data.ok) throw fromErrorRecord(answer.data.error);
  const value = PAGE_RESULTS[method].safeParse(answer.data.value);
  if (!value.success) throw new PlumblineError('E_PROTOCOL', `${method}: ${value.error.message}`);
  // The schema is the one that PageResult is inferred from; TypeScript cannot follow an index by a type parameter.
  return value.data as PageResult<M>;
}
