import { Suspense } from "react";
import { useRoute } from "@/app/router";
import { pageOf } from "@/app/routes";

export function App() {
  const route = useRoute();
  const Page = pageOf(route.page)?.component;
  return <Suspense>{Page === undefined ? <h1>No such page</h1> : <Page route={route} />}</Suspense>;
}
