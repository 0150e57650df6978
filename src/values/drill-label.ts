// The label that allows a drill in a namespace. Whoever owns the cluster sets it; a plan can't.

export const drillLabel = { key: 'rollback-plan.dev/drill', value: 'allowed' } as const;
