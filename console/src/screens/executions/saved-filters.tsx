import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { documents } from "@/api/reads";
import { Box, Button, ButtonDropdown, FormField, Input } from "@/ui/cloudscape";
import { Dialog } from "@/ui/dialog";
import { Trouble } from "@/ui/pane";

interface Saved {
  query: string;
}

const SAVE = "save";
const REMOVE = "remove";

interface SavedFiltersProps {
  query: string;
  onQuery: (query: string) => void;
}

/** Searches that were given a name, kept by the server. */
export function SavedFilters({ query, onQuery }: SavedFiltersProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [naming, setNaming] = useState(false);
  const saved = useQuery({ queryKey: ["filters"], queryFn: () => documents.list("filter"), staleTime: 60_000 });
  const names = saved.data?.rows.map((row) => row.key) ?? [];
  const use = async (name: string) => onQuery((await documents.get<Saved>("filter", name)).content.query);
  const remove = async (name: string) => {
    await documents.remove("filter", name);
    await client.invalidateQueries({ queryKey: ["filters"] });
  };
  return (
    <>
      <ButtonDropdown
        expandToViewport
        expandableGroups
        items={[
          ...names.map((name) => ({ id: `use ${name}`, text: name })),
          { id: SAVE, text: t("executions.saved.save"), disabled: !query },
          ...(names.length ? [{ id: REMOVE, text: t("executions.saved.remove"), items: names.map((name) => ({ id: `remove ${name}`, text: name })) }] : []),
        ]}
        onItemClick={({ detail }) => {
          const [what, ...name] = detail.id.split(" ");
          if (what === SAVE) setNaming(true);
          else void (what === REMOVE ? remove : use)(name.join(" "));
        }}
      >
        {t("executions.saved.title")}
      </ButtonDropdown>
      {naming && <Naming query={query} onClose={() => setNaming(false)} />}
    </>
  );
}

function Naming({ query, onClose }: { query: string; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => documents.put<Saved>("filter", name, { query }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["filters"] });
      onClose();
    },
  });
  const actions = (
    <Button variant="primary" disabled={!name.trim()} loading={save.isPending} onClick={() => save.mutate()}>
      {t("executions.saved.save")}
    </Button>
  );
  return (
    <Dialog title={t("executions.saved.save")} gap="s" actions={actions} onClose={onClose}>
      <Box variant="code">{query}</Box>
      <FormField label={t("executions.saved.name")}>
        <Input value={name} onChange={({ detail }) => setName(detail.value.slice(0, 80))} autoFocus />
      </FormField>
      {save.isError && <Trouble error={save.error} />}
    </Dialog>
  );
}
