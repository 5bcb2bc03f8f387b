import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { call } from "@/api/aws";
import { AttributeEditor, Button, Container, Header, Input, SpaceBetween } from "@/ui/cloudscape";
import { flash } from "@/ui/flash";
import { Pane, Trouble } from "@/ui/pane";

interface Tag {
  key: string;
  value: string;
}

const TAGS_MAX = 50;

async function saveTags(resourceArn: string, before: readonly Tag[], after: readonly Tag[]): Promise<void> {
  const gone = before.filter(({ key }) => !after.some((tag) => tag.key === key)).map(({ key }) => key);
  const changed = after.filter(({ key, value }) => !before.some((tag) => tag.key === key && tag.value === value));
  if (gone.length) await call("UntagResource", { resourceArn, tagKeys: gone });
  if (changed.length) await call("TagResource", { resourceArn, tags: changed });
}

export function Tags({ arn }: { arn: string }) {
  const found = useQuery({ queryKey: ["tags", arn], queryFn: ({ signal }) => call("ListTagsForResource", { resourceArn: arn }, signal) });
  return (
    <Pane query={found}>
      {({ tags = [] }) => <TagForm key={JSON.stringify(tags)} arn={arn} tags={tags.map(({ key = "", value = "" }) => ({ key, value }))} />}
    </Pane>
  );
}

function TagForm({ arn, tags }: { arn: string; tags: readonly Tag[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [items, setItems] = useState<Tag[]>([...tags]);
  const change = (at: number, part: Partial<Tag>) => setItems(items.map((item, index) => (index === at ? { ...item, ...part } : item)));
  const save = useMutation({
    mutationFn: () => saveTags(arn, tags, items.filter(({ key }) => key !== "")),
    onSuccess: () => flash({ type: "success", text: t("machine.tags.saved") }),
    onSettled: () => client.invalidateQueries({ queryKey: ["tags", arn] }),
  });
  const input = (member: keyof Tag, label: string) => (item: Tag, at: number) => (
    <Input value={item[member]} ariaLabel={label} onChange={({ detail }) => change(at, { [member]: detail.value })} />
  );
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={`(${tags.length})`}
          actions={
            <Button variant="primary" loading={save.isPending} onClick={() => save.mutate()} disabled={JSON.stringify(items) === JSON.stringify(tags)}>
              {t("machine.tags.save")}
            </Button>
          }
        >
          {t("machine.tab.tags")}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <AttributeEditor
          items={items}
          definition={[
            { label: t("machine.tags.key"), control: input("key", t("machine.tags.key")) },
            { label: t("machine.tags.value"), control: input("value", t("machine.tags.value")) },
          ]}
          addButtonText={t("machine.tags.add")}
          removeButtonText={t("machine.tags.remove")}
          disableAddButton={items.length >= TAGS_MAX}
          onAddButtonClick={() => setItems([...items, { key: "", value: "" }])}
          onRemoveButtonClick={({ detail }) => setItems(items.filter((_, index) => index !== detail.itemIndex))}
          empty={t("machine.tags.none")}
        />
        {save.isError && <Trouble error={save.error} />}
      </SpaceBetween>
    </Container>
  );
}
