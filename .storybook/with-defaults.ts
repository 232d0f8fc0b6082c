import type { ArgTypesEnhancer } from 'storybook/internal/types'

interface Documented {
  readonly __docgenInfo?: {
    readonly props?: Readonly<Record<string, { readonly tags?: { readonly defaultValue?: string } }>>
  }
}

/** The tables say what stands behind `@defaultValue`, and not of each optional prop that it may be undefined. */
export const withDefaults: ArgTypesEnhancer = ({ argTypes, component }) => {
  const props = (component as Documented | undefined)?.__docgenInfo?.props ?? {}
  return Object.fromEntries(
    Object.entries(argTypes).map(([name, argType]) => {
      const summary = props[name]?.tags?.defaultValue?.replaceAll('\\', '').replaceAll('`', '')
      const type = argType.table?.type
      const table = {
        ...argType.table,
        ...(type && { type: { ...type, summary: type.summary?.replace(/ \| undefined$/, '') } }),
        ...(summary && { defaultValue: { summary } }),
      }
      return [name, { ...argType, table }]
    }),
  )
}
