/** The front door: names by task. Nothing is defined here, and each export is a promise. */

// When something cannot be asked
export { ModelError, errorCodes, formatError, type ErrorCode, type ErrorDetail } from './errors.ts';
