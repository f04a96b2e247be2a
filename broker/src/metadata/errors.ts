/** Codes of the `IoError`s of this folder. */
export const MetadataErrorCode = {
  /** The store cannot be reached or was closed; the outcome of a transaction is unknown. */
  UNAVAILABLE: "RUNNEL_METADATA_UNAVAILABLE",
  /** No space on disk: nothing was done, and it may work later. */
  NO_SPACE: "RUNNEL_METADATA_NO_SPACE",
  /** A transaction over the limits: nothing was done. */
  TOO_LARGE: "RUNNEL_METADATA_TOO_LARGE",
  /** The lease has ended: nothing was done. */
  LEASE_GONE: "RUNNEL_METADATA_LEASE_GONE",
  /** The store holds what this program cannot read. */
  FORMAT: "RUNNEL_METADATA_FORMAT",
  /** Another process has the data folder, or it cannot be locked. */
  LOCKED: "RUNNEL_DATA_FOLDER_LOCKED",
  /** The data folder cannot be made. */
  FOLDER: "RUNNEL_DATA_FOLDER_UNUSABLE",
} as const;
