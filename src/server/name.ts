// A topic's name in the backplane is `<tenant>/<topic>`, with nothing before the slash where there is no tenant. A
// tenant's name holds no slash, so no client can name its way into another tenant.

const TENANT = /^[\w.-]{1,64}$/

/** Whether a text can name a tenant. */
export const isTenant = (tenant: string): boolean => TENANT.test(tenant)

export const nameOf = (tenant: string | undefined, topic: string): string => `${tenant ?? ''}/${topic}`

export const topicOf = (name: string): string => name.slice(name.indexOf('/') + 1)
