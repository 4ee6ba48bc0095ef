export { type Column, type Sort, Table as DataTable } from "@/components/Table";
