#include "serve/dialogue/dialogue_openapi.h"

namespace quern::serve {
namespace {

constexpr std::string_view kDialogueDocument = R"json({
 "openapi": "3.1.0",
 "info": {"title": "Quern: dialogues", "version": "1"},
 "paths": {
  "/v1/dialogue/predict": {"post": {
   "operationId": "predict",
   "summary": "What may come next after a dialogue, or after a turn of a conversation",
   "requestBody": {"$ref": "#/components/requestBodies/Question"},
   "responses": {"200": {"$ref": "#/components/responses/Prediction"},
                 "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/batch": {"post": {
   "operationId": "batch",
   "summary": "What may come next after each of many dialogues",
   "requestBody": {"required": true, "content": {"application/json": {"schema": {
    "type": "object", "required": ["dialogues"], "properties": {
     "dialogues": {"type": "array", "minItems": 1, "maxItems": 1000,
                   "items": {"$ref": "#/components/schemas/Dialogue"}},
     "top": {"$ref": "#/components/schemas/Top"},
     "predictor": {"type": "string"}}}}}},
   "responses": {"200": {"description": "One for each, in order", "content": {
     "application/json": {"schema": {"type": "object", "properties": {
      "object": {"const": "list"}, "predictor": {"type": "string"},
      "data": {"type": "array", "items": {"$ref": "#/components/schemas/BatchItem"}}}}}}},
    "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/predictors": {"get": {
   "operationId": "predictors",
   "summary": "The predictors; what is known of those that are open",
   "responses": {"200": {"$ref": "#/components/responses/List"},
                 "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/cache": {
   "get": {"operationId": "cacheStatistics", "summary": "What the caches did and hold",
    "responses": {"200": {"$ref": "#/components/responses/Object"},
                  "default": {"$ref": "#/components/responses/Error"}}},
   "delete": {"operationId": "clearCache", "summary": "Forget predictions and states of dialogues",
    "responses": {"200": {"$ref": "#/components/responses/Object"},
                  "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/conversations": {
   "parameters": [{"$ref": "#/components/parameters/Predictor"}],
   "get": {"operationId": "conversations",
    "summary": "The conversations that are remembered, by name",
    "parameters": [{"$ref": "#/components/parameters/Limit"},
                   {"$ref": "#/components/parameters/After"}],
    "responses": {"200": {"$ref": "#/components/responses/Page"},
                  "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/conversations/{id}": {
   "parameters": [{"$ref": "#/components/parameters/Id"},
                  {"$ref": "#/components/parameters/Predictor"}],
   "delete": {"operationId": "forgetConversation", "summary": "Forget a conversation",
    "responses": {"200": {"$ref": "#/components/responses/Conversation"},
                  "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/conversations/{id}/turns": {
   "parameters": [{"$ref": "#/components/parameters/Id"}],
   "post": {"operationId": "hear", "summary": "More turns, and what may come next",
    "requestBody": {"$ref": "#/components/requestBodies/Question"},
    "responses": {"200": {"$ref": "#/components/responses/Prediction"},
                  "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/conversations/{id}/fork": {
   "parameters": [{"$ref": "#/components/parameters/Id"}],
   "post": {"operationId": "fork", "summary": "Begin another conversation as this one is",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {
     "type": "object", "required": ["as"], "properties": {
      "as": {"type": "string", "minLength": 1}, "predictor": {"type": "string"}}}}}},
    "responses": {"201": {"$ref": "#/components/responses/Conversation"},
                  "default": {"$ref": "#/components/responses/Error"}}}},
  "/v1/dialogue/conversations/{id}/state": {
   "parameters": [{"$ref": "#/components/parameters/Id"}],
   "get": {"operationId": "state", "summary": "All that a conversation is",
    "parameters": [{"$ref": "#/components/parameters/Predictor"}],
    "responses": {"200": {"$ref": "#/components/responses/Conversation"},
                  "default": {"$ref": "#/components/responses/Error"}}},
   "put": {"operationId": "setState", "summary": "Go on from a state that GET gave",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {
     "type": "object", "required": ["state", "fingerprint"], "properties": {
      "state": {"type": "string"}, "fingerprint": {"type": "string"},
      "predictor": {"type": "string"}}}}}},
    "responses": {"200": {"$ref": "#/components/responses/Conversation"},
                  "default": {"$ref": "#/components/responses/Error"}}}}
 },
 "components": {
  "parameters": {
   "Id": {"name": "id", "in": "path", "required": true,
          "schema": {"type": "string", "minLength": 1, "maxLength": 255}},
   "Predictor": {"name": "predictor", "in": "query", "schema": {"type": "string"},
                 "description": "Without it: the first that the server was given."},
   "Limit": {"name": "limit", "in": "query",
             "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
   "After": {"name": "after", "in": "query", "schema": {"type": "string"},
             "description": "The last name of the page before."}
  },
  "requestBodies": {
   "Question": {"required": true, "content": {"application/json": {"schema": {
    "type": "object", "properties": {
     "turns": {"type": "array", "maxItems": 50000,
               "items": {"$ref": "#/components/schemas/Turn"}},
     "conversation": {"type": "string", "maxLength": 255},
     "fork": {"type": "string"},
     "text": {"type": "string"},
     "speaker": {"type": ["string", "integer"]},
     "gap_seconds": {"type": "number", "minimum": 0},
     "top": {"$ref": "#/components/schemas/Top"},
     "predictor": {"type": "string"}}}}}}
  },
  "responses": {
   "Prediction": {"description": "The best first", "content": {"application/json": {
    "schema": {"$ref": "#/components/schemas/Prediction"}}}},
   "Conversation": {"description": "It", "content": {"application/json": {
    "schema": {"$ref": "#/components/schemas/Conversation"}}}},
   "List": {"description": "They", "content": {"application/json": {"schema": {
    "type": "object", "properties": {"object": {"const": "list"}, "data": {"type": "array"}}}}}},
   "Page": {"description": "A page of them", "content": {"application/json": {"schema": {
    "type": "object", "properties": {"object": {"const": "list"}, "data": {"type": "array"},
     "has_more": {"type": "boolean"}}}}}},
   "Object": {"description": "It", "content": {"application/json": {
    "schema": {"type": "object"}}}},
   "Error": {"description": "What was wrong", "content": {"application/json": {"schema": {
    "type": "object", "properties": {"error": {"type": "object", "properties": {
     "message": {"type": "string"}, "type": {"type": "string"},
     "param": {"type": ["string", "null"]}, "code": {"type": ["string", "null"]}}}}}}}}
  },
  "schemas": {
   "Top": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5},
   "Turn": {"oneOf": [{"type": "string"}, {"type": "object", "required": ["text"], "properties": {
    "text": {"type": "string"}, "speaker": {"type": ["string", "integer"]},
    "gap_seconds": {"type": "number", "minimum": 0}}}]},
   "Dialogue": {"type": "object", "required": ["turns"], "properties": {
    "id": {"type": ["string", "integer"]},
    "turns": {"type": "array", "items": {"$ref": "#/components/schemas/Turn"}}}},
   "Candidates": {"type": "array", "items": {"type": "object", "properties": {
    "text": {"type": "string"}, "score": {"type": "number"}}}},
   "Prediction": {"type": "object", "required": ["predictions", "confidence"], "properties": {
    "object": {"const": "dialogue.prediction"}, "predictor": {"type": "string"},
    "conversation": {"type": "string"}, "turns": {"type": "integer"},
    "predictions": {"$ref": "#/components/schemas/Candidates"},
    "confidence": {"type": "number"}}},
   "BatchItem": {"type": "object", "required": ["index"], "properties": {
    "index": {"type": "integer"}, "id": {"type": "string"},
    "predictions": {"$ref": "#/components/schemas/Candidates"},
    "confidence": {"type": "number"},
    "error": {"type": "object", "description": "In place of both, where this one failed.",
              "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}}},
   "Conversation": {"type": "object", "properties": {
    "object": {"const": "dialogue.conversation"}, "predictor": {"type": "string"},
    "conversation": {"type": "string"}, "turns": {"type": "integer"},
    "fingerprint": {"type": "string"}, "state": {"type": "string"},
    "deleted": {"type": "boolean"}}}
  },
  "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}
 },
 "security": [{"key": []}, {}]
})json";

}  // namespace

std::string_view dialogue_openapi_json() { return kDialogueDocument; }

}  // namespace quern::serve
