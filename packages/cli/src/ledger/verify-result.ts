import type { LedgerFault, VerifyReport } from '@shardline/ledger'
import { formatTable } from '../console/format.ts'

/** The object that `ledger verify --json` prints. */
export function verifyReportToJson(report: VerifyReport): Readonly<Record<string, unknown>> {
  const { checkpoint, fault } = report
  return {
    is_intact: report.isIntact,
    entries: String(report.entries),
    root: toBase64(report.root),
    checkpoint:
      checkpoint === undefined
        ? null
        : { origin: checkpoint.origin, size: String(checkpoint.size), root: toBase64(checkpoint.root) },
    checkpoints: report.checkpoints,
    fault:
      fault === undefined
        ? null
        : {
            part: fault.part,
            index: fault.logIndex === undefined ? null : String(fault.logIndex),
            id: fault.id === '' ? null : fault.id,
            field: fault.field,
            what: fault.what,
          },
  }
}

/** The report for people. */
export function verifyReportToText(report: VerifyReport, hasKey: boolean): string {
  const { checkpoint } = report
  const signer = hasKey ? 'signed by' : 'in the name of'
  const covered =
    checkpoint === undefined
      ? 'none'
      : `${checkpoint.size} entries, ${signer} ${checkpoint.origin} (${report.checkpoints} compared)`
  return formatTable([
    ['ledger', report.isIntact ? 'intact' : 'NOT intact'],
    ['entries', `${report.entries}${report.isIntact ? '' : ' before the fault'}`],
    ['root', toBase64(report.root)],
    ['checkpoint', covered],
  ])
}

/** One sentence that names the first bad thing. */
export function describeFault(fault: LedgerFault): string {
  const index = fault.logIndex === undefined ? '' : ` of entry ${fault.logIndex}`
  const where = fault.part === 'entry' ? `entry ${fault.logIndex}` : `the ${fault.part}${index}`
  const id = fault.id === '' ? '' : `, id ${fault.id}`
  return `${where}${id}, field ${fault.field}: ${fault.what}`
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
