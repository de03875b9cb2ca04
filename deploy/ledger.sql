create database ledger;
