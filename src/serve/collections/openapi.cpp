#include "serve/collections/openapi.h"

namespace quern::serve {
namespace {

constexpr std::string_view kDocument = R"json({
 "openapi": "3.1.0",
 "info": {
  "title": "Quern: collections",
  "version": "1",
  "description": "Texts that are kept, embedded and searched by words and by vectors."
 },
 "paths": {
  "/v1/collections": {
   "get": {
    "operationId": "list",
    "summary": "The collections there are",
    "responses": {
     "200": {
      "description": "Their names",
      "content": {
       "application/json": {
        "schema": {
         "type": "object",
         "properties": {
          "object": {
           "const": "list"
          },
          "data": {
           "type": "array",
           "items": {
            "type": "object",
            "properties": {
             "object": {
              "type": "string"
             },
             "name": {
              "type": "string"
             }
            }
           }
          }
         }
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    }
   },
   "post": {
    "operationId": "create",
    "summary": "Make an empty collection",
    "responses": {
     "201": {
      "description": "It",
      "content": {
       "application/json": {
        "schema": {
         "$ref": "#/components/schemas/Collection"
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    },
    "requestBody": {
     "required": true,
     "content": {
      "application/json": {
       "schema": {
        "type": "object",
        "properties": {
         "name": {
          "type": "string",
          "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"
         },
         "fields": {
          "type": "string",
          "description": "Texts of a document that are searched: \"title^2,text\" are two, \"title+text\" one of both joined.",
          "default": "title+text"
         },
         "attributes": {
          "type": "string",
          "description": "What filters may ask for: \"year:integer,lang:keyword\"."
         },
         "analyzer": {
          "type": "string",
          "enum": [
           "english",
           "standard",
           "code",
           "code_english",
           "simple"
          ],
          "default": "english"
         },
         "k1": {
          "type": "number",
          "minimum": 0,
          "maximum": 100,
          "default": 1.2
         },
         "b": {
          "type": "number",
          "minimum": 0,
          "maximum": 1,
          "default": 0.75
         },
         "model": {
          "type": "string",
          "description": "Makes the vectors. Without it, and without given_dimensions, only words are searched."
         },
         "metric": {
          "type": "string",
          "enum": [
           "cosine",
           "dot",
           "l2"
          ],
          "default": "cosine"
         },
         "dimensions": {
          "type": "integer",
          "description": "Of the model's vectors so many numbers are kept.",
          "minimum": 1
         },
         "given_dimensions": {
          "type": "integer",
          "description": "Vectors are brought along, of so many numbers.",
          "minimum": 1
         },
         "text_prompt": {
          "type": "string"
         },
         "query_prompt": {
          "type": "string"
         },
         "long_texts": {
          "type": "string",
          "enum": [
           "mean",
           "cut"
          ],
          "default": "mean",
          "description": "What becomes of texts that are longer than the model takes. mean: they have the mean of several windows. cut: the vector of what the model takes."
         }
        },
        "required": [
         "name"
        ]
       }
      }
     }
    }
   }
  },
  "/v1/collections/{name}": {
   "parameters": [
    {
     "$ref": "#/components/parameters/Name"
    }
   ],
   "get": {
    "operationId": "describe",
    "summary": "What a collection holds",
    "responses": {
     "200": {
      "description": "It",
      "content": {
       "application/json": {
        "schema": {
         "$ref": "#/components/schemas/Collection"
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    }
   },
   "delete": {
    "operationId": "remove",
    "summary": "Remove a collection with all its documents",
    "responses": {
     "200": {
      "description": "It is gone",
      "content": {
       "application/json": {
        "schema": {
         "type": "object",
         "properties": {
          "object": {
           "type": "string"
          },
          "name": {
           "type": "string"
          },
          "deleted": {
           "type": "boolean"
          }
         }
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    }
   }
  },
  "/v1/collections/{name}/stats": {
   "parameters": [
    {
     "$ref": "#/components/parameters/Name"
    }
   ],
   "get": {
    "operationId": "stats",
    "summary": "As /v1/collections/{name}",
    "responses": {
     "200": {
      "description": "It",
      "content": {
       "application/json": {
        "schema": {
         "$ref": "#/components/schemas/Collection"
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    }
   }
  },
  "/v1/collections/{name}/documents": {
   "parameters": [
    {
     "$ref": "#/components/parameters/Name"
    }
   ],
   "post": {
    "operationId": "add",
    "summary": "Add documents, or replace those of the same id",
    "responses": {
     "200": {
      "description": "They are on the disk",
      "content": {
       "application/json": {
        "schema": {
         "type": "object",
         "properties": {
          "added": {
           "type": "integer"
          },
          "unchanged": {
           "type": "integer"
          },
          "refused": {
           "type": "integer"
          },
          "vectors": {
           "type": "integer",
           "description": "Few documents have theirs by now; those of many follow."
          },
          "generation": {
           "type": "integer"
          },
          "problems": {
           "type": "array",
           "items": {
            "type": "string"
           }
          }
         }
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    },
    "requestBody": {
     "required": true,
     "content": {
      "application/json": {
       "schema": {
        "type": "object",
        "properties": {
         "documents": {
          "type": "array",
          "maxItems": 10000,
          "items": {
           "type": "object",
           "description": "\"id\" or \"_id\", the collection's fields and attributes, and anything else, which a hit gives back."
          }
         },
         "vectors": {
          "type": "string",
          "enum": [
           "model",
           "given"
          ],
          "description": "given: documents bring \"vector\", a list of numbers, for a collection made with given_dimensions. model: whatever they bring is passed over. Without this field it is as the collection was made: one with a model refuses documents that bring vectors."
         }
        },
        "required": [
         "documents"
        ]
       }
      }
     }
    }
   },
   "delete": {
    "operationId": "erase",
    "summary": "Delete documents",
    "responses": {
     "200": {
      "description": "They are gone",
      "content": {
       "application/json": {
        "schema": {
         "$ref": "#/components/schemas/Erasure"
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    },
    "requestBody": {
     "required": true,
     "content": {
      "application/json": {
       "schema": {
        "type": "object",
        "properties": {
         "ids": {
          "type": "array",
          "maxItems": 10000,
          "items": {
           "type": "string"
          }
         }
        },
        "required": [
         "ids"
        ]
       }
      }
     }
    }
   }
  },
  "/v1/collections/{name}/documents/{id}": {
   "parameters": [
    {
     "$ref": "#/components/parameters/Name"
    },
    {
     "name": "id",
     "in": "path",
     "required": true,
     "schema": {
      "type": "string"
     }
    }
   ],
   "delete": {
    "operationId": "eraseOne",
    "summary": "Delete a document",
    "responses": {
     "200": {
      "description": "It is gone",
      "content": {
       "application/json": {
        "schema": {
         "$ref": "#/components/schemas/Erasure"
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    }
   }
  },
  "/v1/collections/{name}/search": {
   "parameters": [
    {
     "$ref": "#/components/parameters/Name"
    }
   ],
   "post": {
    "operationId": "search",
    "summary": "Find the best documents for a question",
    "responses": {
     "200": {
      "description": "What was found",
      "content": {
       "application/json": {
        "schema": {
         "$ref": "#/components/schemas/Found"
        }
       }
      }
     },
     "default": {
      "$ref": "#/components/responses/Error"
     }
    },
    "requestBody": {
     "required": true,
     "content": {
      "application/json": {
       "schema": {
        "type": "object",
        "properties": {
         "query": {
          "type": "string"
         },
         "vector": {
          "type": "array",
          "items": {
           "type": "number"
          },
          "description": "In place of one that the model makes of the query."
         },
         "mode": {
          "type": "string",
          "enum": [
           "bm25",
           "dense",
           "hybrid"
          ],
          "description": "Without it: hybrid, where the collection has vectors."
         },
         "top": {
          "type": "integer",
          "minimum": 1,
          "maximum": 1000,
          "default": 10
         },
         "window": {
          "type": "integer",
          "description": "Candidates of each side.",
          "minimum": 1,
          "maximum": 10000,
          "default": 200
         },
         "filter": {
          "type": "string",
          "description": "year >= 2020 and lang = \"cpp\""
         },
         "operators": {
          "type": "boolean",
          "description": "+word, -word, word*, \"some words\"~3",
          "default": false
         },
         "fusion": {
          "type": "string",
          "enum": [
           "minmax",
           "zscore",
           "rrf",
           "dbsf",
           "fitted"
          ],
          "description": "fitted: as 'quern store fit' learnt it, or the request is refused. Without this field: as it was learnt, else minmax."
         },
         "diversity": {
          "type": "number",
          "description": "What likeness to the hits before counts beside scores, so that hits are not all alike. Not with group.",
          "minimum": 0,
          "maximum": 1
         },
         "alpha": {
          "type": "number",
          "description": "The vectors' weight.",
          "minimum": 0,
          "maximum": 1,
          "default": 0.5
         },
         "k": {
          "type": "number",
          "description": "Of rrf.",
          "default": 60
         },
         "rerank": {
          "type": "string",
          "description": "A model that puts the best in a better order."
         },
         "rerank_top": {
          "type": "integer",
          "minimum": 1,
          "maximum": 1000,
          "default": 50
         },
         "deadline_ms": {
          "type": "integer",
          "description": "Reranking ends then; what was not reranked stays behind.",
          "minimum": 1
         },
         "explain": {
          "type": "boolean"
         },
         "group": {
          "type": "integer",
          "minimum": 1,
          "maximum": 1000,
          "description": "One answer for each parent, with its best so many documents; top is of parents."
         },
         "exact": {
          "type": "boolean",
          "default": false,
          "description": "No graph, whose answers may lack a document."
         }
        }
       }
      }
     }
    }
   }
  }
 },
 "components": {
  "parameters": {
   "Name": {
    "name": "name",
    "in": "path",
    "required": true,
    "schema": {
     "type": "string",
     "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"
    }
   }
  },
  "schemas": {
   "Hit": {
    "type": "object",
    "properties": {
     "id": {
      "type": "string"
     },
     "score": {
      "type": "number"
     },
     "bm25": {
      "type": "number"
     },
     "dense": {
      "type": "number"
     },
     "rerank_score": {
      "type": "number"
     },
     "document": {
      "type": "object"
     },
     "terms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "field": {
         "type": "string"
        },
        "text": {
         "type": "string"
        },
        "score": {
         "type": "number"
        }
       }
      }
     }
    },
    "required": [
     "id",
     "score"
    ]
   },
   "Found": {
    "type": "object",
    "properties": {
     "object": {
      "const": "search"
     },
     "hits": {
      "type": "array",
      "items": {
       "$ref": "#/components/schemas/Hit"
      }
     },
     "mode": {
      "type": "string"
     },
     "generation": {
      "type": "integer",
      "description": "Of the collection: which commit was searched."
     },
     "fresh": {
      "type": "boolean",
      "description": "Nothing waits to be written, and every document has its vector."
     },
     "without_vector": {
      "type": "integer"
     },
     "waiting_writes": {
      "type": "integer"
     },
     "reranked": {
      "type": "string",
      "description": "\"32 of 50\""
     },
     "rerank_scale": {
      "type": "string"
     },
     "why_empty": {
      "type": "string",
      "description": "Without hits: the reason."
     },
     "timings": {
      "type": "object",
      "properties": {
       "vector_ms": {
        "type": "number"
       },
       "filter_ms": {
        "type": "number"
       },
       "bm25_ms": {
        "type": "number"
       },
       "dense_ms": {
        "type": "number"
       },
       "fuse_ms": {
        "type": "number"
       },
       "read_ms": {
        "type": "number"
       },
       "rerank_ms": {
        "type": "number"
       },
       "total_ms": {
        "type": "number"
       }
      }
     },
     "damaged": {
      "type": "array",
      "items": {
       "type": "string"
      }
     },
     "why_one_side": {
      "type": "string",
      "description": "A hybrid search that one side answered alone: why."
     },
     "fusion_note": {
      "type": "string",
      "description": "Why a fusion that was learnt is not used."
     },
     "groups": {
      "type": "array",
      "description": "In place of hits.",
      "items": {
       "type": "object",
       "properties": {
        "parent": {
         "type": "string"
        },
        "score": {
         "type": "number"
        },
        "found": {
         "type": "integer"
        },
        "hits": {
         "type": "array",
         "items": {
          "$ref": "#/components/schemas/Hit"
         }
        }
       }
      }
     },
     "approximate": {
      "type": "boolean"
     }
    },
    "required": [
     "mode",
     "generation",
     "timings"
    ]
   },
   "Collection": {
    "type": "object",
    "properties": {
     "object": {
      "const": "collection"
     },
     "name": {
      "type": "string"
     },
     "documents": {
      "type": "integer"
     },
     "generation": {
      "type": "integer"
     },
     "segments": {
      "type": "integer"
     },
     "bytes": {
      "type": "integer"
     },
     "fields": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "name": {
         "type": "string"
        },
        "analyzer": {
         "type": "string"
        },
        "documents": {
         "type": "integer"
        },
        "terms": {
         "type": "integer"
        }
       }
      }
     },
     "attributes": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "name": {
         "type": "string"
        },
        "type": {
         "type": "string"
        }
       }
      }
     },
     "vectors": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "model": {
         "type": "string"
        },
        "dimensions": {
         "type": "integer"
        },
        "metric": {
         "type": "string"
        },
        "long_texts": {
         "type": "string"
        },
        "state": {
         "type": "string",
         "enum": [
          "building",
          "active"
         ]
        },
        "without_vector": {
         "type": "integer"
        }
       }
      }
     },
     "waiting_writes": {
      "type": "integer"
     },
     "is_embedding": {
      "type": "boolean"
     },
     "embedding_problem": {
      "type": "string"
     },
     "graph_searches": {
      "type": "integer",
      "description": "Searches that used a graph of vectors, since the server opened the collection."
     },
     "recall_receipts": {
      "type": "integer",
      "description": "Of those, done again exactly."
     },
     "recall_at_10": {
      "type": "number",
      "description": "Of the ten nearest documents of those, how many the graph had found."
     },
     "damaged": {
      "type": "array",
      "items": {
       "type": "string"
      }
     }
    },
    "required": [
     "name",
     "documents",
     "generation"
    ]
   },
   "Erasure": {
    "type": "object",
    "properties": {
     "deleted": {
      "type": "integer"
     },
     "generation": {
      "type": "integer"
     }
    }
   },
   "Error": {
    "type": "object",
    "properties": {
     "error": {
      "type": "object",
      "properties": {
       "message": {
        "type": "string"
       },
       "type": {
        "type": "string"
       },
       "param": {
        "type": [
         "string",
         "null"
        ]
       },
       "code": {
        "type": [
         "string",
         "null"
        ]
       }
      }
     }
    }
   }
  },
  "responses": {
   "Error": {
    "description": "What was wrong",
    "content": {
     "application/json": {
      "schema": {
       "$ref": "#/components/schemas/Error"
      }
     }
    }
   }
  },
  "securitySchemes": {
   "key": {
    "type": "http",
    "scheme": "bearer"
   }
  }
 },
 "security": [
  {
   "key": []
  },
  {}
 ]
})json";

}  // namespace

std::string_view openapi_json() { return kDocument; }

}  // namespace quern::serve
