resource aws_ecs_cluster service=ecs version=0 label="ECS Cluster"
attr name string r! c=clusterName r=clusterName check=ecs_cluster_name
attr arn  string c  r=clusterArn
block configuration list o c=configuration u=configuration r=configuration max=1
  block execute_command_configuration list o c=executeCommandConfiguration r=executeCommandConfiguration max=1
    attr kms_key_id string oz c=kmsKeyId r=kmsKeyId
    attr logging    string oz =DEFAULT c=logging r=logging one-of=NONE,DEFAULT,OVERRIDE
    block log_configuration list o c=logConfiguration r=logConfiguration max=1
      attr cloud_watch_encryption_enabled bool   oz c=cloudWatchEncryptionEnabled r=cloudWatchEncryptionEnabled
      attr cloud_watch_log_group_name     string oz c=cloudWatchLogGroupName r=cloudWatchLogGroupName
      attr s3_bucket_name                 string oz c=s3BucketName r=s3BucketName
      attr s3_bucket_encryption_enabled   bool   oz c=s3EncryptionEnabled r=s3EncryptionEnabled
      attr s3_key_prefix                  string oz c=s3KeyPrefix r=s3KeyPrefix
    end
  end
  block managed_storage_configuration list o c=managedStorageConfiguration r=managedStorageConfiguration max=1
    attr fargate_ephemeral_storage_kms_key_id string oz c=fargateEphemeralStorageKmsKeyId r=fargateEphemeralStorageKmsKeyId
    attr kms_key_id string oz c=kmsKeyId r=kmsKeyId
  end
end
block service_connect_defaults list o c=serviceConnectDefaults u=serviceConnectDefaults r=serviceConnectDefaults max=1
  attr namespace string r c=namespace r=namespace check=arn
end
block setting set oc c=settings u=settings r=settings
  attr name  string r c=name r=name one-of=containerInsights
  attr value string r c=value r=value
end
tags list member=tags key=key value=value set=TagResource del=UntagResource:tagKeys arn=resourceArn read=tags
create CreateCluster -> cluster.clusterArn
create-name {name}
wait   create DescribeClusters clusters.0={id} path=clusters.0.status target=ACTIVE pending=PROVISIONING not-found=pending timeout=10m
update UpdateCluster cluster={id}
wait   update DescribeClusters clusters.0={id} path=clusters.0.status target=ACTIVE pending=PROVISIONING timeout=10m
read   DescribeClusters clusters.0={id} include.0=TAGS include.1=SETTINGS include.2=CONFIGURATIONS -> clusters.0
find   DescribeClusters clusters.0={name} -> clusters path=clusterArn unique=yes
gone   status=INACTIVE
delete DeleteCluster cluster={id}
wait   delete DescribeClusters clusters.0={id} path=clusters.0.status target=INACTIVE pending=ACTIVE,DEPROVISIONING not-found=target timeout=10m
import arn:{partition}:ecs:{region}:{account}:cluster/{import}
not-found ClusterNotFoundException
retry delete 10m ClusterContainsContainerInstancesException
retry delete 10m ClusterContainsServicesException
retry delete 10m ClusterContainsTasksException
retry delete 10m UpdateInProgressException
