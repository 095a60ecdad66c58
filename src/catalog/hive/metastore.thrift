// The part of Hive's metastore protocol that Frazil speaks. Field ids are the wire format, the same from Hive 2.3 to 4.x.
// A field that is left out here is passed over where it is read, and lost where its struct is written back.
namespace cpp frazil.catalog.hive.wire

struct FieldSchema { 1: string name, 2: string type, 3: optional string comment }
struct SerDeInfo {
  1: optional string name, 2: optional string serializationLib, 3: optional map<string, string> parameters,
  4: optional string description, 5: optional string serializerClass, 6: optional string deserializerClass
}
struct Order { 1: string col, 2: i32 order }
struct StorageDescriptor {
  1: list<FieldSchema> cols, 2: optional string location, 3: optional string inputFormat, 4: optional string outputFormat,
  5: optional bool compressed, 6: optional i32 numBuckets, 7: optional SerDeInfo serdeInfo,
  8: optional list<string> bucketCols, 9: optional list<Order> sortCols, 10: optional map<string, string> parameters,
  12: optional bool storedAsSubDirectories
}
struct Table {
  1: string tableName, 2: string dbName, 3: optional string owner, 4: optional i32 createTime,
  5: optional i32 lastAccessTime, 6: optional i32 retention, 7: optional StorageDescriptor sd,
  8: optional list<FieldSchema> partitionKeys, 9: optional map<string, string> parameters,
  10: optional string viewOriginalText, 11: optional string viewExpandedText, 12: optional string tableType,
  14: optional bool temporary, 15: optional bool rewriteEnabled, 17: optional string catName, 18: optional i32 ownerType
}
struct Database {
  1: string name, 2: optional string description, 3: optional string locationUri,
  4: optional map<string, string> parameters, 6: optional string ownerName, 7: optional i32 ownerType,
  8: optional string catalogName
}
struct EnvironmentContext { 1: map<string, string> properties }

// get_table, which has no request, is gone in Hive 4.
struct GetTableRequest { 1: required string dbName, 2: required string tblName, 4: optional string catName }
struct GetTableResult { 1: required Table table }

struct LockComponent {
  1: required i32 type, 2: required i32 level, 3: required string dbname, 4: optional string tablename,
  6: optional i32 operationType, 7: optional bool isTransactional
}
struct LockRequest {
  1: required list<LockComponent> component, 2: optional i64 txnid, 3: required string user, 4: required string hostname,
  5: optional string agentInfo
}
struct LockResponse { 1: required i64 lockid, 2: required i32 state, 3: optional string errorMessage }
struct CheckLockRequest { 1: required i64 lockid, 2: optional i64 txnid, 3: optional i64 elapsed_ms }
struct UnlockRequest { 1: required i64 lockid }
struct HeartbeatRequest { 1: optional i64 lockid, 2: optional i64 txnid }

exception MetaException { 1: string message }
exception NoSuchObjectException { 1: string message }
exception AlreadyExistsException { 1: string message }
exception InvalidObjectException { 1: string message }
exception InvalidOperationException { 1: string message }
exception NoSuchLockException { 1: string message }
exception NoSuchTxnException { 1: string message }
exception TxnAbortedException { 1: string message }
exception TxnOpenException { 1: string message }

service Metastore {
  list<string> get_all_databases() throws (1: MetaException o1)
  list<string> get_all_tables(1: string db_name) throws (1: MetaException o1)
  Database get_database(1: string name) throws (1: NoSuchObjectException o1, 2: MetaException o2)
  void create_database(1: Database database)
    throws (1: AlreadyExistsException o1, 2: InvalidObjectException o2, 3: MetaException o3)
  GetTableResult get_table_req(1: GetTableRequest req) throws (1: MetaException o1, 2: NoSuchObjectException o2)
  void create_table(1: Table tbl) throws (1: AlreadyExistsException o1, 2: InvalidObjectException o2,
                                          3: MetaException o3, 4: NoSuchObjectException o4)
  void drop_table(1: string dbname, 2: string name, 3: bool deleteData)
    throws (1: NoSuchObjectException o1, 2: MetaException o3)
  void alter_table_with_environment_context(1: string dbname, 2: string tbl_name, 3: Table new_tbl,
                                            4: EnvironmentContext environment_context)
    throws (1: InvalidOperationException o1, 2: MetaException o2)
  LockResponse lock(1: LockRequest rqst) throws (1: NoSuchTxnException o1, 2: TxnAbortedException o2)
  LockResponse check_lock(1: CheckLockRequest rqst)
    throws (1: NoSuchTxnException o1, 2: TxnAbortedException o2, 3: NoSuchLockException o3)
  void unlock(1: UnlockRequest rqst) throws (1: NoSuchLockException o1, 2: TxnOpenException o2)
  void heartbeat(1: HeartbeatRequest ids)
    throws (1: NoSuchLockException o1, 2: NoSuchTxnException o2, 3: TxnAbortedException o3)
}
