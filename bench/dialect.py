"""A schema in the words of an engine's DDL."""

from dataclasses import dataclass

from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, ListType, StructType


@dataclass(frozen=True)
class Dialect:
    words: dict[IcebergType, str]
    struct_word: str
    between: str  # a field's name and its type in a struct

    def columns(self, schema: Schema) -> str:
        return ", ".join(f"`{field.name}` {self.type(field.field_type)}" for field in schema.fields)

    def type(self, type: IcebergType) -> str:
        if isinstance(type, StructType):
            fields = ", ".join(f"`{field.name}`{self.between}{self.type(field.field_type)}" for field in type.fields)
            return f"{self.struct_word}<{fields}>"
        if isinstance(type, ListType):
            return f"ARRAY<{self.type(type.element_type)}>"
        return self.words[type]
