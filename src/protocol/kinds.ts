/** Kinds of records, apart from the record's schema: pages sort by them, and have no use for a schema library. */

/** `baseline`: the PC's own cells. In the order of reports. */
export const RECORD_KINDS = ['baseline', 'accuracy', 'performance', 'soak'] as const;
